/** The words React Aria says by itself, in Thai, by the part of the library that says them (build/componentTexts.ts). */
import { formatNumber } from "#i18n/dates";

type ComponentText = string | ((values: Record<string, string | number>) => string);

export const COMPONENT_TEXTS: Readonly<Record<string, Readonly<Record<string, ComponentText>>>> = {
  overlays: { dismiss: "ปิด" },
  searchfield: { "Clear search": "ล้างคำค้น" },
  tree: { expand: "เปิด", collapse: "ปิด" },
  menu: { longPressMessage: "กดค้างหรือกด Alt + ลูกศรลงเพื่อเปิดเมนู" },
  calendar: {
    previous: "ก่อนหน้า",
    next: "ถัดไป",
    selectedDateDescription: ({ date }) => `วันที่เลือก ${date ?? ""}`,
    todayDate: ({ date }) => `วันนี้ ${date ?? ""}`,
    todayDateSelected: ({ date }) => `วันนี้ ${date ?? ""} เลือกแล้ว`,
    dateSelected: ({ date }) => `${date ?? ""} เลือกแล้ว`,
    minimumDate: "วันแรกที่เลือกได้",
    maximumDate: "วันสุดท้ายที่เลือกได้",
  },
  grid: {
    select: "เลือก",
    selectedAll: "เลือกทั้งหมดแล้ว",
    longPressToSelect: "กดค้างเพื่อเลือก",
    selectedItem: ({ item }) => `เลือก ${item ?? ""}`,
    deselectedItem: ({ item }) => `ไม่ได้เลือก ${item ?? ""}`,
    selectedCount: ({ count }) => `เลือกแล้ว ${formatNumber(Number(count ?? 0))} รายการ`,
  },
};
