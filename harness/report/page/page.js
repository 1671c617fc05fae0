"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const views = new Map(); // of the charts that are drawn, by their element

  // --- charts: drawn when they come into view, and again when light turns dark ---

  async function draw(place) {
    const config = dark.matches ? data.themes.dark : data.themes.light;
    const made = await vegaEmbed(place, data.specs[place.dataset.spec], { actions: false, renderer: "svg", config, tooltip: false });
    views.get(place)?.finalize();
    views.set(place, made);
    if (place.classList.contains("timed")) follow(place, made.view);
  }
  const coming = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      coming.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "400px" });
  const places = document.querySelectorAll(".chart");
  places.forEach((place) => coming.observe(place));
  dark.addEventListener("change", () => places.forEach((place) => views.has(place) && draw(place)));

  // --- the iteration: a slider, the cursor of the charts, and the drawings of networks ---

  const course = data.course;
  const slider = document.getElementById("iteration");
  const START = 0.5; // where iteration 0 lies on a logarithmic axis

  function follow(place, view) {
    view.signal("iteration", Math.max(course.iterations[slider.value], START)).runAsync();
    place.onpointermove = (event) => {
      const box = place.querySelector("svg").getBoundingClientRect();
      const scale = box.width / view._viewWidth || 1;
      const at = view.scale("x").invert((event.clientX - box.left) - view.origin()[0]);
      let nearest = 0;
      const apart = (iteration) => Math.abs(Math.log(Math.max(iteration, START)) - Math.log(Math.max(at, START)));
      course.iterations.forEach((iteration, index) => {
        if (apart(iteration) < apart(course.iterations[nearest])) nearest = index;
      });
      if (Number(slider.value) !== nearest) { slider.value = nearest; show(); }
    };
  }

  const short = (value) => Number(value.toPrecision(3)).toString();

  function paint(svg, network, index) {
    const weights = network.edges[index];
    svg.querySelectorAll("line").forEach((line, edge) => {
      const weight = weights[edge];
      line.setAttribute("class", weight === null ? "" : weight < 0 ? "negative" : "positive");
      line.setAttribute("stroke-width", weight === null ? 1 : 0.5 + 7 * Math.min(Math.abs(weight) / network.largest, 1));
      line.firstElementChild.textContent = line.dataset.name + ": " + (weight === null ? "not a number" : short(weight));
    });
    svg.querySelectorAll("circle.unit").forEach((circle, unit) => {
      circle.setAttribute("fill", network.palette[network.colors[index][unit]]);
    });
    svg.querySelectorAll("text.in-unit").forEach((text, unit) => {
      const bias = network.biases[index][unit];
      text.textContent = bias === null ? "NaN" : Number(bias.toPrecision(2)).toString();
    });
  }

  let asked = false;
  function show() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const index = Number(slider.value);
      const iteration = course.iterations[index];
      const text = course.readouts[index];
      slider.setAttribute("aria-valuetext", text);
      document.getElementById("readout").textContent = text;
      for (const [place, made] of views) {
        if (place.classList.contains("timed")) made.view.signal("iteration", Math.max(iteration, START)).runAsync();
      }
      document.querySelectorAll("svg.network").forEach((svg, number) => paint(svg, course.networks[number], index));
    });
  }

  if (course !== null && slider !== null) {
    slider.addEventListener("input", show);
    const play = document.getElementById("play");
    let running = null;
    const stop = () => { clearInterval(running); running = null; play.textContent = "Play"; };
    play.addEventListener("click", () => {
      if (running !== null) { stop(); return; }
      if (slider.value === slider.max) slider.value = 0;
      play.textContent = "Stop";
      running = setInterval(() => {
        slider.value = Number(slider.value) + 1;
        show();
        if (slider.value === slider.max) stop();
      }, 60);
    });
    show();
  }

  // --- tables that can be sorted by any column ---

  document.querySelectorAll("table.sortable").forEach((table) => {
    const body = table.tBodies[0];
    table.querySelectorAll("thead th").forEach((header, column) => {
      header.querySelector("button").addEventListener("click", () => {
        const ascending = header.getAttribute("aria-sort") !== "ascending";
        table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
        const number = (text) => (/^-?[\d.]/.test(text) ? Number.parseFloat(text.replaceAll(",", "")) : NaN);
        const order = (a, b) => number(a) - number(b) || a.localeCompare(b, "en", { numeric: true });  // NaN is no order
        const rows = [...body.rows].sort((a, b) => order(key(a), key(b)));
        body.append(...(ascending ? rows : rows.reverse()));
      });
    });
  });

  // --- the rest of a long answer, folded where it would fill the first screen ---

  if (innerWidth < 900) document.querySelectorAll(".more").forEach((more) => { more.open = false; });

  // --- the first marked line of code, in view within its box ---

  const wrong = document.querySelector(".code .wrong");
  if (wrong !== null) {
    const box = wrong.closest(".code");
    const down = wrong.offsetTop - box.offsetTop;
    if (down > 0.8 * box.clientHeight) box.scrollTop = down - box.clientHeight / 3;
  }
})();
