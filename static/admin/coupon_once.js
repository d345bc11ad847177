// A second click on a form that issues would issue twice.
document.querySelectorAll("form[data-once]").forEach((form) => {
    form.addEventListener("submit", () => {
        form.querySelectorAll("[type=submit]").forEach((button) => { button.disabled = true; });
    });
});
