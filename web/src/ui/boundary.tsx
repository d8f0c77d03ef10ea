// What fails while it is drawn, or does not come to be drawn, has the face of a failure; all around it stays.
import { Component } from "react";
import type { ReactElement, ReactNode } from "react";
import { errorOf } from "../lib/thrown";
import { FailedFace } from "./faces";

type BoundaryProps = {
  /** What it is about: of another one it is not known that it fails. */
  of: string | null;
  frame?: (face: ReactElement) => ReactElement;
  children: ReactNode;
};
type BoundaryState = { error: Error | null };

/** A piece that did not come is remembered as such: only to load the page anew tries it again. */
function reload(): void {
  window.location.reload();
}

export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null };

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: errorOf(error) };
  }

  override componentDidUpdate(before: BoundaryProps): void {
    if (before.of !== this.props.of && this.state.error !== null) this.setState({ error: null });
  }

  override render(): ReactNode {
    const { children, frame } = this.props;
    const { error } = this.state;
    if (error === null) return children;
    const face = <FailedFace error={error} retry={reload} />;
    return frame === undefined ? face : frame(face);
  }
}
