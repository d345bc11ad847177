// Search fields get the name of their label: select2 draws them, whenever that is, without one.
function nameSearchFields() {
    document.querySelectorAll("select.select2-hidden-accessible").forEach((select) => {
        const label = select.labels[0];
        const name = label ? label.textContent.replace("*", "").trim() : select.name;
        const drawn = select.nextElementSibling;
        drawn?.querySelectorAll("[role=combobox], [role=textbox], [type=search]").forEach((field) => {
            field.removeAttribute("aria-labelledby");
            field.setAttribute("aria-label", name);
        });
    });
}
new MutationObserver(nameSearchFields).observe(document, { childList: true, subtree: true });
