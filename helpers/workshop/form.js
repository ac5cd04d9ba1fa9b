// Saves what was filled in as the CSV that `journey workshop collect` reads. Nothing is sent anywhere.
const about = JSON.parse(document.getElementById("about").textContent);
const form = document.getElementById("form");
const said = document.getElementById("said");

const quoted = (text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
const safe = (text) => /^[=+\-@\t\r]/.test(text) && isNaN(Number(text)) ? `'${text}` : text;

function problem() {
  for (const what of ["matter", "suffer"]) {
    const named = answers(what).map((field) => field.value);
    if (new Set(named).size < named.length) return "A touchpoint has two places; give it one.";
  }
  const dots = answers("vote").reduce((sum, field) => sum + Number(field.value), 0);
  return dots > about.dots ? `You gave ${dots} dots, and there are ${about.dots}.` : "";
}

function answers(what) {
  return [...form.querySelectorAll(`[data-what="${what}"]`)].filter((field) => field.value.trim() !== "");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const wrong = problem();
  if (wrong) { said.textContent = wrong; return; }
  const rows = [["what", "item", "label", "answer"], ["department", "", "Your department", safe(about.department)]];
  for (const field of form.querySelectorAll("input, select")) {
    const value = field.value.trim(), what = field.dataset.what;
    if (value === "") continue;
    if (field.dataset.place) rows.push([what, value, safe(field.selectedOptions[0].text), field.dataset.place]);
    else rows.push([what, field.dataset.item, safe(field.dataset.label || ""), what === "conversion" ? `${value} %` : safe(value)]);
  }
  const text = rows.map((row) => row.map(quoted).join(",")).join("\n") + "\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const name = (form.elements.voter.value.trim() || about.department).replace(/[^\p{L}\p{N}]+/gu, "_");
  link.download = `${name}.csv`;
  link.click();
  said.textContent = "Saved. Hand the file to the facilitator.";
});
