/** One step on the way in: its heading, why it failed, its fields; nothing is left to the browser's own checks. */
import type { ReactNode, Ref } from "react";

import type { Failure } from "#core/failure";
import { FailureNotice } from "#ui/Failure";

interface LoginFormProps {
  title: ReactNode;
  failure: Failure | null;
  onSubmit: () => void;
  /** Said between the heading and what failed. */
  notice?: ReactNode;
  formRef?: Ref<HTMLFormElement>;
  children: ReactNode;
}

export function LoginForm({ title, failure, onSubmit, notice, formRef, children }: LoginFormProps) {
  return (
    <form
      {...(formRef === undefined ? {} : { ref: formRef })}
      className="login-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <h2>{title}</h2>
      {notice}
      <FailureNotice failure={failure} />
      {children}
    </form>
  );
}
