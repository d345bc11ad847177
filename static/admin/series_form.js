"use strict";
// The form of a series: fields that do not apply are hidden, groups are ticked at once, and the
// server shows what a coupon would look like. Rules are the server's; nothing is decided here.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-series-form]");
  const form = root && root.closest("form");
  if (!form) {
    return;
  }
  showWhatApplies(form);
  offerGroups(form);
  offerTags(form);
  const wrong = form.querySelector(".errorlist");
  wrong?.scrollIntoView({ block: "center" });
  wrong
    ?.closest(".field-line")
    ?.querySelector("input, select, textarea")
    ?.focus({ preventScroll: true });
  if (root.querySelector("input:not([type=hidden]), textarea, select")) {
    root.querySelector(".series-preview").hidden = false;
    previewWhileTyping(form, root);
  }
});

// The search boxes are made by a script that does not tell screen readers what they are for. It
// waits for jQuery, which calls those who wait in the order in which they came.
window.addEventListener("load", () => window.django?.jQuery(nameSearchBoxes));

function nameSearchBoxes() {
  for (const select of document.querySelectorAll("[data-series-form] select[multiple]")) {
    const search = select.parentElement.querySelector(".select2-search__field");
    search?.setAttribute("aria-label", select.labels[0]?.textContent.trim() || select.name);
  }
}

function showWhatApplies(form) {
  const dependent = [...form.querySelectorAll("[data-shown-when]")].map((input) => ({
    input,
    row: input.matches("span") ? input : input.closest(".field-line"),
    conditions: [...new URLSearchParams(input.dataset.shownWhen)],
  }));

  const update = () => {
    for (const { input, row, conditions } of dependent) {
      const wrong = row.querySelector(".errorlist");
      row.hidden = !wrong && !conditions.every(([name, wanted]) => holds(form, name, wanted));
    }
    if (form.elements.discount_value) {
      form.elements.discount_value.max = holds(form, "discount_type", "PERC") ? "100" : "";
    }
  };
  form.addEventListener("change", update);
  form.addEventListener("input", update);
  form.addEventListener("submit", () => {
    for (const { input, row } of dependent) {
      if (row.hidden && "forgotten" in input.dataset) {
        input.value = "";
      }
    }
  });
  update();
}

function holds(form, name, wanted) {
  const input = form.elements[name];
  if (!input) {
    return true;
  }
  const value = input.type === "checkbox" ? (input.checked ? "on" : "") : input.value.trim();
  return wanted === "*" ? value !== "" : wanted.split("|").includes(value);
}

function offerGroups(form) {
  for (const group of form.querySelectorAll("[data-pick]")) {
    const buttons = group.querySelector("[data-pick-buttons]");
    if (!buttons) {
      continue;
    }
    buttons.hidden = false;
    buttons.addEventListener("click", (event) => {
      const values = event.target.dataset.pickValues;
      if (values === undefined) {
        return;
      }
      const wanted = values.split(" ");
      for (const box of group.querySelectorAll("input")) {
        box.checked = wanted.includes(box.value);
      }
      group.querySelector("input").dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

function offerTags(form) {
  for (const tags of form.querySelectorAll("[data-tags]")) {
    const text = tags.closest(".field-line").querySelector("textarea, input");
    tags.hidden = !text;
    tags.addEventListener("click", (event) => {
      const tag = event.target.dataset.tag;
      if (!tag) {
        return;
      }
      text.setRangeText(tag, text.selectionStart, text.selectionEnd, "end");
      text.focus();
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

function previewWhileTyping(form, root) {
  const part = (name) => root.querySelector(`[data-preview="${name}"]`);
  let waiting = 0;
  let asked = 0;

  const show = (answer) => {
    part("code").textContent = answer.code.example || "—";
    part("note").textContent = answer.code.note;
    part("strength").hidden = answer.code.strength === undefined;
    part("strength").value = answer.code.strength ?? 0;
    part("figures").textContent = answer.code.figures ?? "";
    part("messages").replaceChildren(...answer.messages.map(message));
    list(part("problems"), answer.problems);
    list(part("warnings"), answer.warnings);
    part("failure").textContent = "";
  };

  const message = ({ label, text, size }) => {
    const piece = part("message").content.cloneNode(true);
    piece.querySelector("h3").textContent = label;
    piece.querySelector(".series-message").textContent = text;
    piece.querySelector(".series-note").textContent = size;
    return piece;
  };

  const list = (section, sentences) => {
    section.hidden = sentences.length === 0;
    section.querySelector("ul").replaceChildren(
      ...sentences.map((sentence) => {
        const item = document.createElement("li");
        item.textContent = sentence;
        return item;
      }),
    );
  };

  const ask = async () => {
    const mine = ++asked;
    try {
      const response = await fetch(root.dataset.previewUrl, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
      });
      const answer = response.ok ? await response.json() : null;
      if (mine !== asked) {
        return;
      }
      if (answer) {
        show(answer);
      } else {
        part("failure").textContent = "The preview could not be made; saving still works.";
      }
    } catch {
      part("failure").textContent = "The server does not answer.";
    }
  };

  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 300);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  // The search boxes tell jQuery alone that something was picked.
  window.django?.jQuery?.(form).on("change", later);
  ask();
}
