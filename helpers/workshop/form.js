// Saves what was filled in as the CSV that `journey workshop collect` reads. Nothing is sent anywhere.
const about = JSON.parse(document.getElementById("about").textContent);
const form = document.getElementById("form");
const said = document.getElementById("said");

const quoted = (text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
const safe = (text) => /^[=+\-@\t\r]/.test(text) && isNaN(Number(text)) ? `'${text}` : text;

function problem() {
  for (const what of ["matter", "suffer"]) {
    const places = answers(what).map((field) => field.value);
    if (new Set(places).size < places.length) return "Two touchpoints share a place; give each its own.";
  }
  const dots = answers("vote").reduce((sum, field) => sum + Number(field.value), 0);
  return dots > about.dots ? `You gave ${dots} dots, and there are ${about.dots}.` : "";
}

function answers(what) {
  return [...form.querySelectorAll(`input[data-what="${what}"]`)].filter((field) => field.value.trim() !== "");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const wrong = problem();
  if (wrong) { said.textContent = wrong; return; }
  const rows = [["what", "item", "label", "answer"], ["department", "", "Your department", safe(about.department)]];
  for (const field of form.querySelectorAll("input")) {
    const value = field.value.trim();
    if (value !== "") rows.push([field.dataset.what, field.dataset.item, safe(field.dataset.label || ""), field.dataset.what === "conversion" ? `${value} %` : safe(value)]);
  }
  const text = rows.map((row) => row.map(quoted).join(",")).join("\n") + "\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const name = (form.elements.voter.value.trim() || about.department).replace(/[^\p{L}\p{N}]+/gu, "_");
  link.download = `${name}.csv`;
  link.click();
  said.textContent = "Saved. Hand the file to the facilitator.";
});
