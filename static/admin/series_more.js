"use strict";
// Work on many coupons is done in steps of some thousand: the next one begins by itself.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-goes-on]");
  const timer = form && setTimeout(() => form.requestSubmit(), 500);
  form?.querySelector("a")?.addEventListener("click", () => clearTimeout(timer));
});
