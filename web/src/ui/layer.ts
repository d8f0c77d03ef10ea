// What lies over the page, one over the other: Escape closes the uppermost alone.
import { useEffect, useState } from "react";

const layers: object[] = [];

/** How something over the page is closed by who is at the top: not while another lies over it. */
export function useLayer(onClose: () => void): () => void {
  const [layer] = useState(() => ({}));
  useEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, [layer]);
  return () => {
    if (layers.at(-1) === layer) onClose();
  };
}
