// Run in the page: every visible text whose contrast with what is behind it is less than WCAG AA asks for.
(() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const paint = (colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of ['#ffffff', ...colours]) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgrounds = (element) => (element ? [...backgrounds(element.parentElement), getComputedStyle(element).backgroundColor] : []);
  const check = (element, style, text) => {
    const behind = backgrounds(element);
    const [one, other] = [luminance(paint(behind)), luminance(paint([...behind, style.color]))].sort((a, b) => b - a);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (one + 0.05) / (other + 0.05);
    return ratio >= (isLarge ? 3 : 4.5) ? [] : [`${ratio.toFixed(2)} “${text.trim().slice(0, 40)}” ${element.className}`];
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue.trim() !== '');
  const visible = [...document.body.querySelectorAll('*')].filter((element) => element.checkVisibility({ visibilityProperty: true }));
  const texts = visible.filter((element) => hasText(element) && !element.closest('.spoiler.hidden, option'));
  const fields = visible.filter((element) => element.placeholder);
  return [
    ...texts.flatMap((element) => check(element, getComputedStyle(element), element.textContent)),
    ...fields.flatMap((element) => check(element, getComputedStyle(element, '::placeholder'), element.placeholder)),
    ...(texts.length < 20 ? [`only ${texts.length} texts were found`] : []),
  ];
})();
