// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a report looks, on a screen (light and dark) and on paper.
 *
 * Colours of series are those of Okabe and Ito ("Color Universal Design", 2008), which people with
 * any kind of colour vision tell apart; black, which a dark page would swallow, is a grey.
 */
#include "html.h"

#define LIGHT                                                                                      \
	"--bg:#fff;--fg:#1a1a1a;--soft:#5c6066;--line:#d9dce0;--panel:#f5f6f8;"                    \
	"--bad:#b03a00;--good:#00704f;--free:#e4e7eb;"
#define DARK                                                                                       \
	"--bg:#16181b;--fg:#e8e8e6;--soft:#a4a9b0;--line:#3a3f45;--panel:#1f2226;"                 \
	"--bad:#ff8f4d;--good:#3ecf9d;--free:#3a3f45;"

void html_style(FILE *out)
{
	fputs(":root{" LIGHT
	      "--c0:#0072b2;--c1:#e69f00;--c2:#009e73;--c3:#56b4e9;--c4:#cc79a7;--c5:#d55e00;"
	      "--c6:#f0e442;--c7:#8a8f96;--c8:#c9d3dc}\n"
	      "@media (prefers-color-scheme:dark){:root{" DARK "}}\n"
	      "@media print{:root{" LIGHT "}}\n", out);
	fputs("*{box-sizing:border-box}\n"
	      "body{margin:0;background:var(--bg);color:var(--fg);"
	      "font:15px/1.5 system-ui,'DejaVu Sans',sans-serif}\n"
	      "main{max-width:880px;margin:0 auto;padding:28px 24px 64px}\n"
	      "h1{font-size:25px;line-height:1.25;margin:4px 0 10px;font-weight:650}\n"
	      "h2{font-size:18px;margin:38px 0 8px;padding-top:12px;"
	      "border-top:1px solid var(--line);font-weight:650}\n"
	      "h3{font-size:15px;margin:22px 0 4px;font-weight:650}\n"
	      "p{margin:6px 0 10px}\n"
	      ".kind,.note,figcaption p,.axis,th{color:var(--soft)}\n"
	      ".kind{font-size:13px;margin:0;letter-spacing:.02em}\n"
	      ".note{font-size:13px}\n"
	      ".bad{color:var(--bad);font-weight:600}.good{color:var(--good);font-weight:600}\n"
	      ".lead{font-size:16px}\n", out);
	fputs("code,pre{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:12.5px}\n"
	      "pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;"
	      "padding:10px 12px;white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0}\n"
	      ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));"
	      "gap:10px;margin:14px 0}\n"
	      ".tiles div{background:var(--panel);border-radius:8px;padding:10px 12px}\n"
	      ".tiles b{display:block;font-size:21px;font-weight:650;line-height:1.25}\n"
	      ".tiles small{display:block;color:var(--soft);font-size:12.5px;line-height:1.35}\n"
	      ".scroll{overflow-x:auto;margin:8px 0}\n"
	      "table{border-collapse:collapse;width:100%;font-size:13px;"
	      "font-variant-numeric:tabular-nums}\n"
	      "th,td{padding:4px 10px 4px 0;text-align:left;vertical-align:top;"
	      "border-bottom:1px solid var(--line)}\n"
	      "th{font-weight:500;font-size:12.5px;vertical-align:bottom}\n"
	      ".n{text-align:right;white-space:nowrap;padding-right:0;padding-left:10px}\n"
	      ".w{white-space:nowrap}.end{padding-left:14px}\n"
	      "td small{display:block;color:var(--soft);font-size:11.5px;font-weight:400}\n"
	      "td code{font-size:11.5px;overflow-wrap:anywhere}\n", out);
	fputs("figure{margin:14px 0 4px;break-inside:avoid}\n"
	      "figcaption{margin-bottom:4px}figcaption b{font-weight:650}\n"
	      "figcaption p{font-size:13px;margin:0}\n"
	      "svg{display:block;width:100%;height:auto}\n"
	      "svg text{fill:var(--fg);font-family:system-ui,'DejaVu Sans',sans-serif;"
	      "font-size:118px}\n"
	      "svg text.axis{fill:var(--soft)}\n"
	      ".grid{stroke:var(--line);stroke-width:8;fill:none}\n"
	      ".edge{fill:none;stroke:var(--fg);stroke-width:18;stroke-linejoin:round}\n"
	      ".limit{fill:none;stroke:var(--bad);stroke-width:14;stroke-dasharray:60 40}\n"
	      ".box{fill:var(--panel);stroke:var(--soft);stroke-width:10}\n"
	      ".swap{fill:var(--free);stroke:var(--soft);stroke-width:10;stroke-dasharray:50 30}\n"
	      ".legend{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:13px;margin:4px 0 0;"
	      "padding:0;list-style:none}\n"
	      ".legend i{display:inline-block;width:13px;height:13px;border-radius:3px;"
	      "margin-right:6px;vertical-align:-2px}\n"
	      ".legend i.l{height:0;width:18px;border-radius:0;border-width:3px 0 0;"
	      "border-style:solid;vertical-align:4px;background:none}\n", out);
	for (unsigned int i = 0; i < 9; i++)
		fprintf(out, ".f%u{fill:var(--c%u);background:var(--c%u)}"
			".s%u{stroke:var(--c%u);border-color:var(--c%u);fill:none}\n",
			i, i, i, i, i, i);
	fputs("i.limit{border-color:var(--bad);border-top-style:dashed!important}"
	      "i.edge{border-color:var(--fg)}.line{stroke-width:20;stroke-linejoin:round}\n"
	      "@page{size:A4;margin:14mm}\n"
	      "@media print{body{font-size:10.5pt}main{max-width:none;padding:0}"
	      "h2,h3,h2+.note{break-after:avoid}tr,.tiles,pre,figure{break-inside:avoid}"
	      "tr:last-child{break-before:avoid}"
	      "thead{display:table-header-group}.scroll{overflow:visible}"
	      "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n", out);
}
