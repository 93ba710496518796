/**
 * The pages of a document as pictures that the appliance made: one under the other, each fetched when it comes near. A
 * picture is no text to a screen reader: what can be read aloud, searched and copied is the file itself, said at the top.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { type CSSProperties, useEffect, useRef } from "react";

import type { FileView, Variant } from "#core/protocol";
import { formatNumber } from "#i18n/dates";
import { DownloadLink } from "#ui/DownloadLink";

interface PagesProps {
  file: FileView;
  pages: readonly Variant[];
  /** How many the document has; more than there are pictures of, in a long one. */
  count: number;
  scale: number;
  addressOf: (id: string) => string;
  onPage: (page: number) => void;
}

/** The proportions of office paper, where a page has no size of its own. */
const SHEET = { width: 210, height: 297 };

export function Pages({ file, pages, count, scale, addressOf, onPage }: PagesProps) {
  const { t } = useLingui();
  const { name } = file;
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    frame.current?.focus({ preventScroll: true });
  }, []);
  /** The page that crosses the upper third is the one that is read. */
  const look = () => {
    const element = frame.current;
    if (element === null) return;
    const line = element.getBoundingClientRect().top + element.clientHeight / 3;
    const index = [...element.querySelectorAll(".page")].findLastIndex((page) => page.getBoundingClientRect().top <= line);
    onPage(pages[Math.max(0, index)]?.page ?? 1);
  };
  const [drawn, all] = [formatNumber(pages.length), formatNumber(count)];
  return (
    <div ref={frame} className="pages" tabIndex={0} role="group" aria-label={t`หน้าเอกสาร ${name}`} onScroll={look} style={{ "--scale": scale } as CSSProperties}>
      <div className="pages-said">
        <p>
          <Trans>หน้าเหล่านี้เป็นภาพ โปรดดาวน์โหลดไฟล์หากต้องการคัดลอกหรือฟังข้อความ</Trans>
        </p>
        <DownloadLink href={addressOf(file.id)} name={name} label={t`ดาวน์โหลด ${name}`}>
          <Trans>ดาวน์โหลด</Trans>
        </DownloadLink>
      </div>
      {pages.map((page, i) => {
        const at = formatNumber(page.page ?? i + 1);
        return (
          <img
            key={page.id}
            className="page"
            src={addressOf(page.id)}
            alt={t`หน้า ${at} จาก ${all}`}
            loading="lazy"
            decoding="async"
            width={page.width ?? SHEET.width}
            height={page.height ?? SHEET.height}
          />
        );
      })}
      {count > pages.length && (
        <p className="pages-said">
          <Trans>
            แสดง {drawn} หน้าแรกจาก {all} หน้า โปรดดาวน์โหลดเพื่ออ่านทั้งหมด
          </Trans>
        </p>
      )}
    </div>
  );
}
