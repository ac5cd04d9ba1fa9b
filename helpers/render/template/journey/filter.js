(function () {
  "use strict";
  var box = document.getElementById("find"), told = document.getElementById("found");
  var rows = Array.prototype.slice.call(document.querySelectorAll(".grid .row")).map(function (row) {
    var period = row.closest("section"), who = row.querySelector(".who");
    var common = [" ", document.title, period.getAttribute("data-words"), who.textContent, who.getAttribute("data-words")].join(" ");
    var words = row.querySelectorAll(".said li");
    var cells = Array.prototype.slice.call(row.querySelectorAll(".cell")).map(function (cell) {
      var said = cell.dataset.said ? words[cell.dataset.said - 1] : null;
      return { at: cell, said: said, text: (cell.textContent + " " + (said ? said.textContent : "") + common).replace(/\s+/g, " ").toLowerCase() };
    });
    return { at: row, period: period, fold: row.querySelector(".said"), cells: cells };
  });
  var folds = Array.prototype.slice.call(document.querySelectorAll(".period > details, .row .said")).map(function (fold) { return { at: fold, open: fold.open }; });
  var all = rows.reduce(function (sum, row) { return sum + row.cells.length; }, 0), before = "";

  function apply() {
    var text = box.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0, periods = new Map();
    if (text.join(" ") === before) { return; }
    before = text.join(" ");
    rows.forEach(function (row) {
      var here = 0, inWords = false;
      row.cells.forEach(function (cell) {
        var fits = text.every(function (word) { return cell.text.indexOf(word) >= 0; });
        cell.at.classList.toggle("off", !fits);
        if (cell.said) { cell.said.hidden = !fits; }
        here += fits;
        inWords = inWords || (fits && cell.said && text.some(function (word) { return cell.said.textContent.toLowerCase().indexOf(word) >= 0; }));
      });
      row.at.hidden = !here;
      if (text.length && row.fold) { row.fold.open = inWords; }
      shown += here;
      periods.set(row.period, (periods.get(row.period) || 0) + here);
    });
    periods.forEach(function (count, period) {
      period.hidden = !count;
      if (text.length && count) { period.querySelector("details").open = true; }
    });
    if (!text.length) { folds.forEach(function (fold) { fold.at.open = fold.open; }); }
    told.textContent = text.length ? shown.toLocaleString("en") + " of " + all.toLocaleString("en") + " reports" : "";
  }

  box.closest(".find").hidden = false;
  box.addEventListener("input", apply);
  apply();
})();
