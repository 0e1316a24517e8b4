// The buttons beside the quantity, as themes have them: they change the field and say so.
for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => {
    const field = document.getElementById("quantity");
    field.value = Math.max(1, Number(field.value) + Number(button.dataset.step));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
