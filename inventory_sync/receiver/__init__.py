"""Where webhooks come in: verified, stripped to ids, and on disk before they are answered.

Put here what stands between the network and the inbox. It writes down and computes nothing: who
looks at the inbox, and what a hint means for a store's quantities, is the flow's.
"""
