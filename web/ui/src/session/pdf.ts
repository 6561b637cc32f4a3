import * as pdfjs from 'pdfjs-dist';
import worker from 'pdfjs-dist/build/pdf.worker.min.mjs?url';

pdfjs.GlobalWorkerOptions.workerSrc = worker;
const FONTS = import.meta.glob<string>('/node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}', { query: '?url', import: 'default' });

/** The fonts that every reader of PDF brings along: the document only names them. */
class StandardFonts {
  async fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    const url = await FONTS[`/node_modules/pdfjs-dist/standard_fonts/${filename}`]?.();
    if (!url) throw new Error('no such font');
    return new Uint8Array(await (await fetch(url)).arrayBuffer());
  }
}

/** Enough for a form and its annexes. */
const MOST_PAGES = 40;

/** Draws the pages of a PDF one below the other, as pictures: scripts, links and forms in it are nothing here. */
export async function draw(bytes: ArrayBuffer, into: HTMLElement, gone: () => boolean): Promise<void> {
  const opening = pdfjs.getDocument({
    data: bytes,
    isEvalSupported: false,
    enableXfa: false,
    disableFontFace: true,
    useWorkerFetch: false,
    StandardFontDataFactory: StandardFonts,
  });
  const pdf = await opening.promise;
  try {
    for (let number = 1; number <= Math.min(pdf.numPages, MOST_PAGES) && !gone(); number += 1) {
      const page = await pdf.getPage(number);
      const viewport = page.getViewport({ scale: 2 });
      const canvas = document.createElement('canvas');
      canvas.width = viewport.width;
      canvas.height = viewport.height;
      const canvasContext = canvas.getContext('2d');
      if (!canvasContext || gone()) return;
      into.append(canvas);
      await page.render({ canvasContext, viewport, annotationMode: pdfjs.AnnotationMode.DISABLE }).promise;
    }
  } finally {
    void opening.destroy();
  }
}
