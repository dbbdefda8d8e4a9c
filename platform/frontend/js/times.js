// Moments come from the server in UTC; the reader sees the own zone, and "today" for today.
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const clockTime = (moment) => clock.format(moment);

export function localTimes(root) {
  const today = new Date().toDateString();
  for (const element of root.querySelectorAll?.("time[datetime]") ?? []) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const day = moment.toDateString() === today ? "today" : date.format(moment);
    element.textContent = `${day}, ${clockTime(moment)}`;
  }
}
