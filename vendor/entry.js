// What the page uses of the libraries; the rest is left out of the bundle.
export { default as DataTable } from "datatables.net";
export {
  axisX, axisY, barX, cell, dot, line, plot, ruleX, ruleY, text, tip, pointer, pointerX, pointerY,
} from "@observablehq/plot";
