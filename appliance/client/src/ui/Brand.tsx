import "./brand.css";

/** The product's name as a heading. Not a text of the catalogues: it is the same in every language. */
export function Brand() {
  return <h1 className="brand">G-Chat</h1>;
}
