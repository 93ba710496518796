/** The emoji that are offered: fixed sets, drawn by the reader's own system; nothing is fetched. */

/** In one press from a message's tools. */
export const QUICK_REACTIONS = ["👍", "🙏", "✅"] as const;
export const REACTIONS = ["👍", "🙏", "✅", "❤️", "😊", "😄", "👏", "🎉", "👀", "💡", "❓", "⏳"] as const;
/** What an office writes with, in rows of six: faces, hands, signs, things. */
export const EMOJI = [
  ...["😊", "😄", "😂", "🙂", "😉", "😍", "🤔", "😅", "😮", "😢", "😭", "😴"],
  ...["🙏", "👍", "👎", "👌", "👏", "💪", "🤝", "👋", "✌️", "☝️", "👉", "🙋"],
  ...["✅", "❌", "❗", "❓", "⚠️", "⭐", "❤️", "💯", "🎉", "🔥", "💡", "👀"],
  ...["📌", "📎", "📅", "📝", "📊", "📢", "📞", "📧", "💻", "🏢", "🚗", "✈️"],
  ...["⏳", "⏰", "☕", "🍚", "🎂", "🌧️", "☀️", "🏥", "🚑", "💊", "😷", "🇹🇭"],
] as const;
