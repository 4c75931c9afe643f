// Run in the page: whatever reaches beyond the window to the left or right.
(() => {
  const width = document.documentElement.clientWidth;
  const tooWide = [...document.body.querySelectorAll('*')].filter((element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility() && box.width > 1 && (box.right > width + 0.5 || box.left < -0.5);
  });
  const scrolls = document.documentElement.scrollWidth > width ? [`the page scrolls to ${document.documentElement.scrollWidth} px`] : [];
  return [...scrolls, ...tooWide.map((element) => `${element.tagName} ${element.className}`)];
})();
