/** Keeps a fault in one part of the screen from taking the rest with it; offers to draw the part again. */
import { Component, type ReactNode } from "react";

import { Button } from "./Button";
import { Notice } from "./Notice";

interface BoundaryProps {
  /** Another value, for example another address, is another try. */
  place: string;
  words: string;
  again: string;
  /** In place of drawing the part anew, for what only a new page can mend. */
  onAgain?: () => void;
  children: ReactNode;
}

interface BoundaryState {
  readonly failed: boolean;
  readonly place: string;
}

export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { failed: false, place: this.props.place };

  static getDerivedStateFromError(): Partial<BoundaryState> {
    return { failed: true };
  }

  static getDerivedStateFromProps(props: BoundaryProps, state: BoundaryState): BoundaryState | null {
    return props.place === state.place ? null : { failed: false, place: props.place };
  }

  readonly #drawAgain = (): void => this.setState({ failed: false });

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Notice kind="error" live action={<Button onPress={this.props.onAgain ?? this.#drawAgain}>{this.props.again}</Button>}>
        {this.props.words}
      </Notice>
    );
  }
}
