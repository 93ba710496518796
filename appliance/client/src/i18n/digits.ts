/** Thai and Arabic numerals: typed numbers are understood in both (L4), shown in the one the reader chose. Pure. */

const THAI_ZERO = 0x0e50;

/** ๑๒๓ → 123; everything else stays as it was. */
export function arabicDigits(text: string): string {
  return text.replace(/[๐-๙]/gu, (digit) => String((digit.codePointAt(0) ?? THAI_ZERO) - THAI_ZERO));
}

/** 123 → ๑๒๓. */
export function thaiDigits(text: string): string {
  return text.replace(/[0-9]/gu, (digit) => String.fromCodePoint(THAI_ZERO + Number(digit)));
}

/** What is left of a one-time code however it was typed: Thai digits, spaces and dashes are fine. */
export function codeDigits(text: string): string {
  return arabicDigits(text).replace(/\D/gu, "");
}
