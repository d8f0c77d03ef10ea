// The words of who comes by a link, in English.
export const welcomeWords = {
  invitation: "Welcome to Hookswitch",
  invitationBody: (email: string) => `Choose a password for ${email}, or enter the one that it has here.`,
  reset: "Set another password",
  resetBody: (email: string) => `It will be the password of ${email}. You are signed out everywhere else.`,
  name: "Your name",
  submit: "Go on",
  expired: "This link is of no use any more",
  expiredBody: "It was used already, or has expired. Ask who sent it for another one.",
  lost: "Open the link once more",
  lostBody: "The link is not kept in the address, so that nobody finds it there. Open it again where it was sent to you.",
  toSignIn: "To the sign-in page",
};
