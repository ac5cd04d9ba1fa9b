// Names for what the widgets leave nameless, so that a screen reader hears which slider, list or choice it is on; and keys that reach them.
(() => {
  if (window.workshopNames) return;
  window.workshopNames = true;
  const set = (one, name, value) => { if (one && value && one.getAttribute(name) !== value) one.setAttribute(name, value); };
  const words = one => (one ? one.textContent.trim() : "");
  const name = () => {
    waiting = false;
    for (const step of document.querySelectorAll(".workshop")) set(step, "data-lm-suppress-shortcuts", "true"); // JupyterLab would take Enter and arrows for itself
    for (const group of document.querySelectorAll(".workshop .ask")) {
      set(group, "role", "group");
      set(group, "aria-label", words(group.querySelector(".widget-html-content")));
      set(group.querySelector(".jupyter-widget-tagsinput input"), "aria-label", words(group.querySelector(".widget-html-content")));
    }
    for (const slider of document.querySelectorAll(".workshop .widget-slider")) {
      const label = words(slider.querySelector(".widget-label")), readout = slider.querySelector(".widget-readout");
      const group = slider.closest(".ask");
      const full = group ? `${label}: ${words(group.querySelector(".widget-html-content"))}` : label;
      set(slider.querySelector(".noUi-handle"), "aria-label", full);
      set(slider.querySelector(".noUi-handle"), "aria-valuetext", words(readout));
      if (readout && readout.isContentEditable) { set(readout, "role", "textbox"); set(readout, "aria-label", `${full}, typed`); }
    }
    for (const field of document.querySelectorAll(".workshop :is(input, textarea)[placeholder]:not([aria-label])")) {
      if (!words(field.closest(".widget-inline-hbox")?.querySelector(".widget-label"))) set(field, "aria-label", field.placeholder);
    }
    for (const row of document.querySelectorAll(".workshop .widget-toggle-buttons")) {
      set(row, "role", "group");
      set(row, "aria-label", "What the room says");
      for (const button of row.querySelectorAll("button")) set(button, "aria-pressed", String(button.classList.contains("mod-active")));
    }
  };
  document.addEventListener("keydown", event => { // in JupyterLab Enter does not end a list's entry by itself
    if (event.key === "Enter" && event.target.matches?.(".workshop .jupyter-widget-taginput")) event.target.dispatchEvent(new Event("change"));
  });
  let waiting = false;
  const soon = () => { if (!waiting) { waiting = true; requestAnimationFrame(name); } };
  new MutationObserver(soon).observe(document.body, { childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["class"] });
  soon();
})();
