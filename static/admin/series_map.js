"use strict";
// The parts of the form of a series: a link to each, marked where something is wrong, and what is
// set in those that are folded up.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-series-form]");
  const form = root?.closest("form");
  const top = form?.querySelector(".series-top");
  if (!top) {
    return;
  }
  const parts = [...root.querySelectorAll("fieldset.module")].filter((part) => heading(part));
  top.querySelector("[data-map]").replaceChildren(...parts.map(link));
  top.hidden = false;
  const folded = parts.map((part) => part.querySelector("details")).filter(holdsInputs);
  for (const details of folded) {
    const line = document.createElement("p");
    line.className = "series-set";
    details.querySelector("summary").append(line);
  }
  const tell = () => folded.forEach(tellWhatIsSet);
  form.addEventListener("input", tell);
  form.addEventListener("change", tell);
  window.addEventListener("load", () => window.django?.jQuery?.(form).on("change", tell));
  tell();
  showMini(root, top);
});

function heading(part) {
  return part.querySelector("h2")?.firstChild?.textContent.trim();
}

// No address of its own: the theme takes what follows # for the name of a tab.
function link(part) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = heading(part);
  if (part.querySelector(".errorlist")) {
    made.classList.add("wrong");
    made.append(" (to put right)");
  }
  made.addEventListener("click", () => {
    const details = part.querySelector("details");
    if (details) {
      details.open = true;
    }
    part.scrollIntoView({ block: "start" });
    part.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: true });
  });
  return made;
}

function holdsInputs(details) {
  return details?.querySelector("input:not([type=hidden]), select, textarea");
}

function tellWhatIsSet(details) {
  const set = [...details.querySelectorAll(".field-line")]
    .filter((row) => !row.hidden)
    .map(setIn)
    .filter(Boolean);
  details.querySelector(".series-set").textContent = set.join(", ") || "Nothing set";
}

function setIn(row) {
  const name = row.querySelector("label, legend")?.textContent.replace("*", "").trim();
  const inputs = [...row.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const values = inputs.map(valueOf).filter(Boolean);
  if (values.length === 0) {
    return "";
  }
  return values.every((value) => value === true) ? name : `${name}: ${values.join(", ")}`;
}

function valueOf(input) {
  if (input.type === "checkbox") {
    return input.checked;
  }
  if (input.multiple) {
    return [...input.selectedOptions].map((option) => option.textContent.trim()).join(", ");
  }
  const unset = input.type === "search" || input.value === (input.dataset.default ?? "0");
  return unset ? "" : input.value.trim();
}

// On a narrow screen the preview is far below: its gist stays in sight.
function showMini(root, top) {
  const copy = () => {
    const mini = (name) => top.querySelector(`[data-mini="${name}"]`);
    mini("code").textContent = root.querySelector('[data-preview="code"]').textContent;
    mini("message").textContent = root.querySelector(".series-message")?.textContent ?? "";
  };
  const watched = { childList: true, characterData: true, subtree: true };
  new MutationObserver(copy).observe(root.querySelector(".series-preview"), watched);
}
