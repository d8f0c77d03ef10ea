// Imports flow one way: lib, ui -> features -> app; and no feature imports another.
// An ESLint rule of our own: the layers are folders, and a folder is all there is to know.
import path from "node:path";

const MAY_IMPORT = {
  lib: ["lib"],
  ui: ["lib", "ui"],
  features: ["lib", "ui", "features"],
  app: ["lib", "ui", "features", "app"],
};

function placeOf(file, src) {
  const [layer, noun] = path.relative(src, file).split(path.sep);
  return { layer, noun: layer === "features" ? noun : null };
}

export const importDirection = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      layer: "'{{from}}' may not import from '{{to}}': imports flow lib, ui -> features -> app.",
      feature: "feature '{{from}}' may not import feature '{{to}}': share through lib or ui, or wire them in app.",
    },
  },
  create(context) {
    const src = path.join(context.cwd, "src");
    const from = placeOf(context.filename, src);
    const allowed = MAY_IMPORT[from.layer];

    function check(node) {
      const target = node.source?.value;
      if (!allowed || typeof target !== "string" || !target.startsWith(".")) return;
      const to = placeOf(path.resolve(path.dirname(context.filename), target), src);
      if (to.layer in MAY_IMPORT && !allowed.includes(to.layer))
        context.report({ node, messageId: "layer", data: { from: from.layer, to: to.layer } });
      else if (from.noun && to.noun && from.noun !== to.noun)
        context.report({ node, messageId: "feature", data: { from: from.noun, to: to.noun } });
    }

    return { ImportDeclaration: check, ImportExpression: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
};
