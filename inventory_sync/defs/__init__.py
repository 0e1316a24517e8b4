"""What Dagster shows: assets, checks and jobs. One module per concept of Dagster, no arithmetic.

Put words, metadata and wiring to Dagster here. An asset calls the flow and attaches what people
look at; whatever decides a number is below.
"""
