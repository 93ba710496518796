/**
 * The icons, drawn here on a 24 px grid so that nothing is fetched.
 * Rule: an icon never stands for its meaning alone; give it a `label`, or text beside it and it is hidden from readers.
 */
import "./Icon.css";

const PATHS = {
  add: "M12 5v14M5 12h14",
  addPerson: "M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM3 20c.6-3.3 3.3-5.5 7-5.5 1.5 0 2.8.4 3.9 1M18 14v6M15 17h6",
  arrowDown: "M12 5v14M6 13l6 6 6-6",
  arrowUp: "M12 19V5M6 11l6-6 6 6",
  at: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM16 8v5.5c0 1.4 1 2.5 2.3 2.5 1.5 0 2.7-1.3 2.7-4a9 9 0 1 0-3.6 7.2",
  back: "M19 12H5M11 6l-6 6 6 6",
  bell: "M6 16V11a6 6 0 1 1 12 0v5l1.5 2h-15L6 16ZM10 21h4",
  bellOff: "M6 16V11c0-.9.2-1.7.5-2.5M9 5.8A6 6 0 0 1 18 11v5M6 16l-1.5 2H17M10 21h4M4 4l16 16",
  building: "M5 21V4.5A1.5 1.5 0 0 1 6.5 3h7A1.5 1.5 0 0 1 15 4.5V21M15 10h3a1 1 0 0 1 1 1v10M3 21h18M8.5 7.5h3M8.5 11.5h3M8.5 15.5h3",
  calendar: "M4 6h16v14H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8",
  camera: "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  checkAll: "M2.5 13l4 4L15 8M11.5 16l1 1L21.5 8",
  chevronDown: "M6 9.5l6 6 6-6",
  chevronLeft: "M14.5 6l-6 6 6 6",
  chevronRight: "M9.5 6l6 6-6 6",
  clip: "M8 12.5l6.3-6.3a2.6 2.6 0 0 1 3.7 3.7l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5L11 3.9",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5V12l3 2",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM5 15V4h10",
  device: "M4 5h16v11H4zM9 20h6M12 16v4",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  edit: "M4 20l1-4L16 5l3 3L8 19l-4 1ZM14 7l3 3",
  error: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5v5.5M12 16.3v.2",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  eyeOff: "M4 4l16 16M9.9 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-3 3.7M6.3 7.3A15.6 15.6 0 0 0 2.5 12S6 18.5 12 18.5c1.5 0 2.8-.4 4-1",
  file: "M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5M9 12.5h6M9 16h6",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4",
  group: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5c.5-3.2 3-5 6.5-5s6 1.8 6.5 5M15.5 4.8a3.5 3.5 0 0 1 0 6.4M17.5 14.8c2.2.6 3.6 2.2 4 4.7",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5v.2",
  hide: "M4 7h16M6 7v12h12V7M10 12h4",
  history: "M4 12a8 8 0 1 1 2.5 5.8M4 12V7M4 12l3-2.5M12 8v4.5l3 1.5",
  image: "M4 5h16v14H4zM4.5 16.5l4.5-4.5 3.5 3.5 3-3 4.5 4M15.5 10.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4Z",
  inbox: "M4 13l2.5-8h11L20 13v6H4zM4 13h4.5c0 2 1.5 3.3 3.5 3.3s3.5-1.3 3.5-3.3H20",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.5v.2",
  key: "M8 16a4 4 0 1 1 3.4-6H21v4h-2.5v2.5H15V14h-3.6A4 4 0 0 1 8 16Z",
  keyboard: "M3 6.5h18v11H3zM6.5 10h.1M10 10h.1M13.5 10h.1M17 10h.1M8 14h8",
  language: "M3 6h10M8 3.5V6M11 6c-.5 4-3.5 7-7.5 8.5M5.5 9.5c1.2 2.5 3.5 4 6 5M12.5 20.5l4-10 4 10M14 17h5",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4.2 4.2 0 0 0-6-6l-1.2 1.2M14 10a4 4 0 0 0-6-.5l-3 3a4.2 4.2 0 0 0 6 6l1.2-1.2",
  location: "M12 21c-4.3-4.6-6.5-8-6.5-11a6.5 6.5 0 1 1 13 0c0 3-2.2 6.4-6.5 11ZM12 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6Z",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 1 1 7 0v3",
  logout: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  mail: "M3.5 6h17v12h-17zM4 7l8 6 8-6",
  markUnread: "M4 5h10M4 5v12h3.5v3.5L12 17h8v-6M19 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  menu: "M4 7h16M4 12h16M4 17h16",
  message: "M4 5h16v12h-8l-4.5 3.5V17H4z",
  microphone: "M12 14.5a3 3 0 0 0 3-3v-5a3 3 0 1 0-6 0v5a3 3 0 0 0 3 3ZM6 11v.5a6 6 0 0 0 12 0V11M12 17.5V21M9 21h6",
  mobile: "M7.5 3h9A1.5 1.5 0 0 1 18 4.5v15a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 19.5v-15A1.5 1.5 0 0 1 7.5 3ZM11 18h2",
  moon: "M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5Z",
  more: "M4.3 12a1.2 1.2 0 1 0 2.4 0 1.2 1.2 0 1 0-2.4 0ZM10.8 12a1.2 1.2 0 1 0 2.4 0 1.2 1.2 0 1 0-2.4 0ZM17.3 12a1.2 1.2 0 1 0 2.4 0 1.2 1.2 0 1 0-2.4 0Z",
  offline: "M4 4l16 16M5 9.5a11 11 0 0 1 3-1.8M12 7a11 11 0 0 1 7 2.5M8.5 13.3a6 6 0 0 1 2.3-1.1M12 18h.1",
  owner: "M4 8l4 4 4-7 4 7 4-4-1.5 10h-13L4 8Z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.7-3.8 3.5-6 7.5-6s6.8 2.2 7.5 6",
  phone: "M6 3.5h3l1.5 4.5-2 1.5c.8 2.5 3.5 5.2 6 6l1.5-2 4.5 1.5v3c0 1.5-1 2.5-2.5 2.5C10.5 20.5 3.5 13.5 3.5 6c0-1.5 1-2.5 2.5-2.5Z",
  pin: "M9 4h6l-1 6 3.5 3.5h-11L10 10 9 4ZM12 13.5V20",
  play: "M8 5l11 7-11 7z",
  reaction: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14c.8 1.5 2 2.2 3.5 2.2s2.7-.7 3.5-2.2M9 9.5v.2M15 9.5v.2",
  refresh: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.5M20 4v5.5h-5.5",
  removePerson: "M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM3 20c.6-3.3 3.3-5.5 7-5.5 1.5 0 2.8.4 3.9 1M15 17h6",
  reply: "M10 6L4 11.5 10 17M4 11.5h9c4 0 6.5 2.5 7 7",
  retract: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5",
  send: "M4 12L20 4.5 15.5 20l-4-6.5L4 12ZM11.5 13.5L20 4.5",
  settings: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM19 12l2-1.3-2-3.5-2.3.8-1.7-1L14.5 4h-5L9 7l-1.7 1L5 7.2l-2 3.5L5 12l-2 1.3 2 3.5L7.3 16 9 17l.5 3h5l.5-3 1.7-1 2.3.8 2-3.5L19 12Z",
  shield: "M12 3l7.5 3v5.5c0 4.5-3 7.8-7.5 9.5-4.5-1.7-7.5-5-7.5-9.5V6L12 3ZM8.5 12l2.5 2.5 4.5-5",
  sound: "M4.5 10v4M8.2 7v10M12 4v16M15.8 8v8M19.5 10.5v3",
  stop: "M6.5 6.5h11v11h-11z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  transfer: "M4 8h13M13 4l4 4-4 4M20 16H7M11 12l-4 4 4 4",
  tree: "M9 4h6v4H9zM3 16h6v4H3zM15 16h6v4h-6zM12 8v4M6 16v-4h12v4",
  virus: "M12 17.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM12 3v3.5M12 17.5V21M3 12h3.5M17.5 12H21M5.6 5.6l2.5 2.5M15.9 15.9l2.5 2.5M5.6 18.4l2.5-2.5M15.9 8.1l2.5-2.5",
  waiting: "M7 3.5h10M7 20.5h10M8 3.5c0 4.5 3 5.5 4 8.5 1-3 4-4 4-8.5M8 20.5c0-4.5 3-5.5 4-8.5 1 3 4 4 4 8.5",
  zoomIn: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5M8 11h6M11 8v6",
  zoomOut: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5M8 11h6",
} as const;

export type IconName = keyof typeof PATHS;

export const iconNames = Object.keys(PATHS) as IconName[];

interface IconProps {
  name: IconName;
  /** What it means, when no text beside it says so. */
  label?: string;
  size?: "s" | "m" | "l";
}

export function Icon({ name, label, size = "m" }: IconProps) {
  const named = label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label };
  return (
    <svg className={`icon icon-${size}`} viewBox="0 0 24 24" focusable="false" {...named}>
      <path d={PATHS[name]} />
    </svg>
  );
}
