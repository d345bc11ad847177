"use strict";
// The form of a batch: of its fields only those are shown that what is to be done needs. Rules are
// the server's; nothing is decided here.
const form = document.querySelector("[data-batch-form]");
const parts = [...form.querySelectorAll("[data-shown-when]")].map((place) => ({
  place,
  // Any of them is enough; of each, all of its conditions have to hold.
  ways: place.dataset.shownWhen.split(" ").map((way) => [...new URLSearchParams(way)]),
}));

function holds([name, wanted]) {
  return wanted.split("|").includes(form.elements[name]?.value ?? "");
}

function update() {
  for (const { place, ways } of parts) {
    const wrong = place.querySelector(".errors");
    place.hidden = !wrong && !ways.some((way) => way.every(holds));
  }
}

form.addEventListener("change", update);
form.addEventListener("submit", () => {
  // A file that was picked, and then left for everybody, is not meant.
  const file = form.elements.file;
  if (file.closest("[data-shown-when][hidden]")) file.value = "";
});
update();
form.querySelector(".errors")?.scrollIntoView({ block: "center" });
