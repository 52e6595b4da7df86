// The chart of the Desk: bars of the bid, one's own fills and working orders, alive with the quotes.
"use strict";

(() => {
  const place = document.getElementById("chart");
  if (!place || !window.LightweightCharts) return;
  const { createChart, createSeriesMarkers, CandlestickSeries, LineStyle, CrosshairMode } = LightweightCharts;
  const SECONDS = { "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "1d": 86400 };
  const word = document.getElementById("chart-word");
  const ohlc = document.getElementById("ohlc");
  const places = Number(place.dataset.places);

  // --- Colours: those of the theme, as the browser resolves them -------------------------------------------
  const colour = (token) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${token})`;
    place.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const looks = () => ({
    buy: colour("--buy"), sell: colour("--sell"), stop: colour("--sell"), target: colour("--gain"),
    gain: colour("--gain"), loss: colour("--loss"), surface: colour("--surface"), ink: colour("--ink-faint"),
    line: colour("--line"), accent: colour("--accent"),
  });
  const look = looks();

  const grouped = (value) => {
    const [whole, rest] = Math.abs(value).toFixed(places).split(".");
    return (value < 0 ? "\u2212" : "") + whole.replace(/\B(?=(\d{3})+$)/g, "\u00a0") + (rest ? `.${rest}` : "");
  };

  // --- The chart -------------------------------------------------------------------------------------------
  const chart = createChart(place, {
    autoSize: true,
    layout: {
      background: { color: "transparent" }, textColor: look.ink, fontSize: 11, attributionLogo: false,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
    },
    grid: { vertLines: { color: look.line }, horzLines: { color: look.line } },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { borderColor: look.line, minimumWidth: 84, scaleMargins: { top: 0.08, bottom: 0.08 } },
    timeScale: { borderColor: look.line, timeVisible: true, secondsVisible: false, rightOffset: 4 },
    localization: { priceFormatter: grouped },
  });
  // A rising bar is hollow, a falling one solid: the direction survives without hue.
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: look.surface, borderUpColor: look.gain, wickUpColor: look.gain,
    downColor: look.loss, borderDownColor: look.loss, wickDownColor: look.loss,
    priceLineColor: look.accent, priceFormat: { type: "custom", formatter: grouped, minMove: 10 ** -places },
  });
  const marks = createSeriesMarkers(candles, []);

  let interval = "15m";
  let last = null;      // the youngest bar: { time, open, high, low, close }
  let first = null;
  let lines = [];
  let fills = [];

  // The library writes times as UTC: shifted, they are the reader's. Days stay UTC's days.
  const shown = (seconds) => (interval === "1d" ? seconds : seconds - new Date(seconds * 1000).getTimezoneOffset() * 60);
  const barAt = (seconds) => Math.floor(seconds / SECONDS[interval]) * SECONDS[interval];

  const tellBar = (bar) => {
    if (!bar) return;
    ohlc.replaceChildren(...[["O", bar.open], ["H", bar.high], ["L", bar.low], ["C", bar.close]].map(([name, value]) => {
      const item = document.createElement("span");
      const label = document.createElement("b");
      label.textContent = name;
      item.append(label, ` ${grouped(value)}`);
      return item;
    }));
  };
  chart.subscribeCrosshairMove((where) => tellBar(where.seriesData?.get(candles) ?? last));

  const drawMarks = () => {
    const wanted = document.getElementById("own-fills")?.checked ? fills : [];
    marks.setMarkers(wanted.filter(([at]) => first !== null && barAt(at) >= first).map(([at, side, price, qty]) => ({
      time: shown(barAt(at)), position: side === "buy" ? "belowBar" : "aboveBar", shape: side === "buy" ? "arrowUp" : "arrowDown",
      color: look[side], text: `${side === "buy" ? "Buy" : "Sell"} ${qty}`,
    })));
  };
  const PLATE = { lineWidth: 1, axisLabelVisible: true, axisLabelTextColor: look.surface };
  // Where there is little room the kind must do: the rows below have the rest.
  const named = (title) => (place.clientWidth < 480 ? title.split(" ")[0] : title);
  const drawLines = (orders, position) => {
    lines.forEach((line) => candles.removePriceLine(line));
    lines = orders.map(([kind, price, title]) => candles.createPriceLine({ price, title: named(title), color: look[kind], ...PLATE, lineStyle: LineStyle.Dashed }));
    if (position) lines.push(candles.createPriceLine({ price: position[0], title: named(position[1]), color: look.ink, ...PLATE, lineStyle: LineStyle.Dotted }));
  };
  const describe = (bars) => {
    const name = document.getElementById("chart-title").textContent;
    if (!bars.length) { place.setAttribute("aria-label", `Chart of ${name}: no quotes yet`); return; }
    const [from, to] = [bars[0], bars.at(-1)];
    place.setAttribute("aria-label", `Chart of ${name}, ${interval} bars: from ${grouped(from[1])} to ${grouped(to[4])}; ${fills.length} own fills`);
  };

  // --- Reading ---------------------------------------------------------------------------------------------
  let reading = 0;
  const read = async (whole) => {
    const turn = (reading += 1);
    let answer;
    try {
      const reply = await fetch(`${place.dataset.bars}?interval=${interval}`, { headers: { Accept: "application/json" } });
      if (!reply.ok) throw new Error(String(reply.status));
      answer = await reply.json();
    } catch {
      if (turn === reading && whole) word.textContent = "The quotes could not be read. Choose an interval to try again.";
      return;
    }
    if (turn !== reading) return;
    fills = answer.fills;
    if (whole) {
      const bars = answer.bars.map(([time, open, high, low, close]) => ({ time: shown(time), open, high, low, close }));
      candles.setData(bars);
      last = bars.at(-1) ?? null;
      first = answer.bars[0]?.[0] ?? null;
      word.textContent = bars.length ? "" : "No quote in this span yet.";
      chart.timeScale().applyOptions({ timeVisible: interval !== "1d" });
      if (bars.length < 60) chart.timeScale().setVisibleLogicalRange({ from: bars.length - 60, to: bars.length + 12 });
      else chart.timeScale().setVisibleLogicalRange({ from: bars.length - 90, to: bars.length + 12 });
      tellBar(last);
    }
    drawLines(answer.orders, answer.position);
    drawMarks();
    describe(answer.bars);
  };

  // --- Life ------------------------------------------------------------------------------------------------
  document.body.addEventListener("quotes", ({ detail }) => {
    for (const [id, bid] of detail.quotes) {
      if (String(id) !== place.dataset.instrument) continue;
      const price = Number(bid);
      const start = barAt(Date.now() / 1000);
      const time = Math.max(shown(start), last?.time ?? 0);
      last = last && last.time === time
        ? { time, open: last.open, high: Math.max(last.high, price), low: Math.min(last.low, price), close: price }
        : { time, open: price, high: price, low: price, close: price };
      first ??= start;
      word.textContent = "";
      candles.update(last);
      tellBar(last);
    }
  });
  document.body.addEventListener("book", () => read(false));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) read(true); });
  document.getElementById("own-fills")?.addEventListener("change", drawMarks);
  const choices = document.querySelectorAll('input[name="interval"]');
  choices.forEach((choice) => choice.addEventListener("change", () => {
    interval = choice.value;
    try { localStorage.setItem("interval", interval); } catch { /* the next visit starts as usual */ }
    word.textContent = "Reading the quotes…";
    read(true);
  }));
  try {
    const kept = [...choices].find((choice) => choice.value === localStorage.getItem("interval"));
    if (kept) { kept.checked = true; interval = kept.value; }
  } catch { /* as usual */ }
  read(true);
})();
