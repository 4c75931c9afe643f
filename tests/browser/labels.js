// Run in the page: controls without a name, names that are used twice in one pane, pictures without a text of their own, ids used twice.
(() => {
  const nameOf = (control) =>
    control.getAttribute('aria-label') ??
    ([...(control.labels ?? [])]
      .map((label) => label.textContent)
      .join(' ')
      .trim() ||
      control.textContent.trim());
  const controls = [...document.querySelectorAll('button, input, select, textarea, [role="button"], [tabindex="0"]:not(li)')];
  const nameless = controls
    .filter((control) => nameOf(control) === '' && !control.hidden)
    .map((control) => `no name: ${control.outerHTML.slice(0, 80)}`);
  const groups = [...document.querySelectorAll('fieldset')].filter((group) => !group.querySelector('legend')?.textContent.trim());
  const pictures = [...document.querySelectorAll('img:not([alt])')];
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  const landmarks = [...document.querySelectorAll('section, nav, ol')].filter(
    (part) => !part.getAttribute('aria-label') && !part.getAttribute('aria-labelledby'),
  );
  return [
    ...nameless,
    ...groups.map(() => 'a group without a legend'),
    ...pictures.map((picture) => `a picture without alt: ${picture.src}`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `id twice: ${id}`),
    ...landmarks.map((part) => `no name: ${part.className}`),
    ...(document.documentElement.lang === '' ? ['no language'] : []),
    ...(controls.length < 15 ? [`only ${controls.length} controls were found`] : []),
  ];
})();
