// What the page uses of the libraries; the rest is left out of the bundle.
export { default as DataTable } from "datatables.net";
export {
  dot, plot, pointer, pointerY, ruleX, ruleY, scale, tip,
} from "@observablehq/plot";
