// What a reader cannot read or should not find on a page: run in the page, gives a list of sentences.
() => {
  const faults = [];
  const told = (words) => `“${words.trim().replace(/\s+/g, " ").slice(0, 60)}”`;
  const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true, contentVisibilityAuto: true });
  const aside = (element) => {  // words for screen readers alone
    for (let around = element; around && around !== document.body; around = around.parentElement) {
      const box = around.getBoundingClientRect(), style = getComputedStyle(around);
      if (style.position === "absolute" && (box.right < 0 || (box.width <= 2 && style.overflow === "hidden"))) return true;
    }
    return false;
  };

  // Pictures: loaded, and said in words.
  for (const image of document.images) {
    if (!image.complete || image.naturalWidth === 0) faults.push(`a picture did not load: ${told(image.alt || image.src.slice(0, 40))}`);
    if (!(image.getAttribute("alt") || "").trim()) faults.push("a picture has no alternative text");
  }
  for (const drawing of document.querySelectorAll("svg")) {
    if (!drawing.closest("[aria-hidden=true]") && !(drawing.getAttribute("aria-label") || "").trim()) faults.push("a drawing has no alternative text");
  }

  // Code: none but what the page's own policy names.
  const policy = document.querySelector("meta[http-equiv=Content-Security-Policy]")?.content || "";
  if (!policy.includes("default-src 'none'")) faults.push("the page has no policy that forbids everything");
  if (document.querySelectorAll("script").length && !/script-src 'sha256-/.test(policy)) faults.push("the page holds a script");
  if (/unsafe-inline|unsafe-eval/.test((policy.match(/script-src[^;]*/) || [""])[0])) faults.push("the page's policy lets any script in");
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) faults.push(`an element runs code: ${name}`);
      if (/^\s*javascript:/i.test(value)) faults.push(`a link runs code: ${told(value)}`);
      if (["src", "srcset", "data", "poster"].includes(name) && !value.startsWith("data:")) faults.push(`the page asks for ${told(value)}`);
      if (name === "href" && element.tagName === "LINK" && !value.startsWith("data:")) faults.push(`the page asks for ${told(value)}`);
    }
  }
  for (const frame of document.querySelectorAll("iframe, object, embed")) faults.push(`the page holds a <${frame.tagName.toLowerCase()}>`);

  // Text: inside the page, not cut off, not over other text.
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 1) faults.push(`the page is ${wide} pixels wider than the window`);
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const owner = node.parentElement;
    if (!node.data.trim() || ["STYLE", "SCRIPT"].includes(owner.tagName) || !shown(owner) || aside(owner)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      let clipped = false, scrolled = false;
      for (let around = owner; around && around !== document.body; around = around.parentElement) {
        const style = getComputedStyle(around), outer = around.getBoundingClientRect();
        if (/auto|scroll/.test(style.overflowX)) scrolled = true;
        if (!scrolled && /hidden|clip/.test(style.overflowX + style.overflowY) && style.display !== "inline"
          && (box.right > outer.right + 2 || box.left < outer.left - 2 || box.bottom > outer.bottom + 3 || box.top < outer.top - 3)) clipped = true;
      }
      if (clipped) faults.push(`text is cut off: ${told(node.data)}`);
      if (!scrolled && (box.right > innerWidth + 1 || box.left < -1)) faults.push(`text runs out of the window: ${told(node.data)}`);
      lines.push({ left: box.left, right: box.right, top: box.top + box.height * 0.2, bottom: box.bottom - box.height * 0.2, node, scroller: owner.closest(".scroll, .contents") });
    }
  }
  lines.sort((one, other) => one.top - other.top);
  for (let i = 0; i < lines.length; i++) {
    for (let k = i + 1; k < lines.length && lines[k].top < lines[i].bottom - 1; k++) {
      const one = lines[i], other = lines[k];
      if (one.node === other.node || one.scroller !== other.scroller) continue;
      if (Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 && Math.min(one.bottom, other.bottom) - one.top > 1) {
        faults.push(`text lies over text: ${told(one.node.data)} and ${told(other.node.data)}`);
      }
    }
  }
  return [...new Set(faults)];
}
