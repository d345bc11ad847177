// Keeps the bar and the figures of a batch's page up to date while it runs.
const page = document.querySelector("[data-batch]");
const EVERY = 1000;

function span(seconds) {
    if (seconds === null) return "–";
    const parts = [["h", 3600], ["min", 60], ["s", 1]];
    const texts = [];
    for (const [unit, size] of parts) {
        const count = Math.floor(seconds / size);
        seconds %= size;
        if (count || (unit === "s" && !texts.length)) texts.push(`${count} ${unit}`);
    }
    return texts.slice(0, 2).join(" ");
}

function show(batch) {
    const track = page.querySelector("[role=progressbar]");
    track.setAttribute("aria-valuenow", batch.percent);
    track.setAttribute("aria-valuetext", batch.told);
    track.title = batch.told;
    const [done, refused] = track.children;
    done.style.width = `${batch.goodShare}%`;
    refused.style.width = `${batch.refusedShare}%`;
    refused.hidden = !batch.refusedShare;
    const texts = {
        percent: `${batch.percent}%`,
        issued: batch.issued.toLocaleString("en"),
        refused: batch.refused.toLocaleString("en"),
        rate: Math.round(batch.rate).toLocaleString("en"),
        eta: span(batch.eta),
    };
    for (const [name, text] of Object.entries(texts)) {
        for (const place of page.querySelectorAll(`[data-figure=${name}]`)) place.textContent = text;
    }
    const trouble = page.querySelector("[data-trouble]");
    trouble.textContent = batch.trouble;
    trouble.hidden = !batch.trouble;
}

async function refresh() {
    try {
        const response = await fetch(page.dataset.batch, { headers: { Accept: "application/json" } });
        if (response.ok) {
            const batch = await response.json();
            if (batch.state !== page.dataset.state) {
                window.location.reload();
                return;
            }
            show(batch);
        }
    } catch {
        // The server is away; it will be asked again.
    }
    setTimeout(refresh, EVERY);
}

if (page && page.dataset.active) setTimeout(refresh, EVERY);
for (const place of document.querySelectorAll("[data-seconds]")) {
    const seconds = place.dataset.seconds;
    place.textContent = span(seconds === "" ? null : Number(seconds));
}
