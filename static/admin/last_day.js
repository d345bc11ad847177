"use strict";
// Shortcuts beside a last day: they count from the day that the server names.
document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll("input[data-last-day]")) {
    const start = new Date(`${input.dataset.lastDay}T00:00:00Z`);
    const shortcuts = document.createElement("span");
    shortcuts.className = "chips";
    for (const [text, day] of [
      ["+7 days", later(start, 7)],
      ["+30 days", later(start, 30)],
      ["End of month", endOfMonth(start)],
    ]) {
      shortcuts.append(button(text, day, input));
    }
    input.after(shortcuts);
  }
});

function later(start, days) {
  const day = new Date(start);
  day.setUTCDate(day.getUTCDate() + days);
  return day;
}

// The month after where this one is over anyway.
function endOfMonth(start) {
  const end = (ahead) =>
    new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1 + ahead, 0));
  return end(0) > start ? end(0) : end(1);
}

function button(text, day, input) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", () => {
    input.value = day.toISOString().slice(0, 10);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  return made;
}
