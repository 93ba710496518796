/**
 * The routes of the staff API as typed functions: the only module that knows paths.
 *
 * Owns the mapping from intent to method, path, body and answer. Decides nothing.
 */

import type { Api } from "./api";
import type * as wire from "./protocol";

const id = encodeURIComponent;

export class Endpoints {
  constructor(private readonly api: Api) {}

  // --- session -------------------------------------------------------------------------------------------------
  login = (body: wire.Login) =>
    this.api.call<wire.LoginDone | wire.SecondFactorNeeded>("POST", "/login", { body, session: false });
  secondFactor = (body: wire.SecondFactor) =>
    this.api.call<wire.LoginDone>("POST", "/login/second-factor", { body, session: false });
  logout = () => this.api.call<unknown>("POST", "/logout");
  agency = () => this.api.call<wire.AgencyView>("GET", "/agency", { session: false });
  /** Asks with a cookie that is good no more, to learn why. */
  whyEnded = () => this.api.call<wire.Me>("GET", "/me", { session: false });
  me = () => this.api.call<wire.Me>("GET", "/me", { probe: true });
  changeMe = (body: wire.MeChange) => this.api.call<wire.Me>("PATCH", "/me", { body });
  terms = () => this.api.call<wire.Terms>("GET", "/terms");
  acceptTerms = (body: wire.TermsAccept) => this.api.call<unknown>("POST", "/terms", { body });
  changePassword = (body: wire.PasswordChange) => this.api.call<unknown>("POST", "/password", { body });
  sessions = () => this.api.call<wire.Sessions>("GET", "/sessions");
  endSession = (session: wire.Id) => this.api.call<unknown>("DELETE", `/sessions/${id(session)}`);
  signIns = () => this.api.call<wire.SignIns>("GET", "/sign-ins");
  disownSignIn = (n: number) => this.api.call<unknown>("POST", `/sign-ins/${n}/not-me`);
  secondFactors = () => this.api.call<wire.SecondFactors>("GET", "/second-factors");
  beginTotp = (body: wire.PasswordOnly) => this.api.call<wire.TotpSecret>("POST", "/second-factors/totp", { body });
  confirmTotp = (body: wire.TotpCode) => this.api.call<wire.RecoveryCodes>("POST", "/second-factors/totp/confirm", { body });
  renewRecoveryCodes = (body: wire.PasswordOnly) =>
    this.api.call<wire.RecoveryCodes>("POST", "/second-factors/recovery-codes", { body });
  removeTotp = (body: wire.PasswordOnly) => this.api.call<unknown>("DELETE", "/second-factors/totp", { body });
  beginPasskey = (body: wire.PasswordOnly) =>
    this.api.call<wire.PasskeyOptions>("POST", "/second-factors/passkeys/options", { body });
  addPasskey = (body: wire.PasskeyNew) =>
    this.api.call<wire.PasskeyView>("POST", "/second-factors/passkeys", { body });
  removePasskey = (passkey: wire.Id, body: wire.PasswordOnly) =>
    this.api.call<unknown>("DELETE", `/second-factors/passkeys/${id(passkey)}`, { body });

  ownSpace = () => this.api.call<wire.OwnSpace>("GET", "/me/space");
  ownPhoto = () => this.api.call<wire.OwnPhoto>("GET", "/me/photo");
  choosePhoto = (body: wire.PhotoChoice) => this.api.call<wire.OwnPhoto>("PUT", "/me/photo", { body });
  photosToJudge = () => this.api.call<wire.PhotosToJudge>("GET", "/me/photos-to-judge");
  judgePhoto = (person: string, body: wire.PhotoJudgement) => this.api.call<unknown>("POST", `/people/${encodeURIComponent(person)}/photo`, { body });
  removePhoto = () => this.api.call<unknown>("DELETE", "/me/photo");

  // --- directory -----------------------------------------------------------------------------------------------
  units = (cursor: string | null = null) => this.api.call<wire.Units>("GET", "/directory/units", { query: { cursor } });
  people = (query: wire.PeopleQuery) =>
    this.api.call<wire.People>("GET", "/directory/people", { query: { ...query } });
  person = (person: wire.Id) => this.api.call<wire.Person>("GET", `/people/${id(person)}`);

  // --- rooms ---------------------------------------------------------------------------------------------------
  room = (room: wire.Id) => this.api.call<wire.Room>("GET", `/rooms/${id(room)}`);
  createRoom = (body: wire.CreateRoom) => this.api.call<wire.Room>("POST", "/rooms", { body });
  renameRoom = (room: wire.Id, body: wire.RenameRoom) =>
    this.api.call<wire.Room>("PATCH", `/rooms/${id(room)}`, { body });
  closeRoom = (room: wire.Id) => this.api.call<unknown>("DELETE", `/rooms/${id(room)}`);
  changeMembers = (room: wire.Id, body: wire.ChangeMembers) =>
    this.api.call<wire.MembersChanged>("POST", `/rooms/${id(room)}/members`, { body });
  transferRoom = (room: wire.Id, body: wire.TransferRoom) =>
    this.api.call<unknown>("POST", `/rooms/${id(room)}/owner`, { body });
  changeMyRoom = (room: wire.Id, body: wire.MyRoom) =>
    this.api.call<unknown>("PATCH", `/rooms/${id(room)}/preferences`, { body });
  clearRoom = (room: wire.Id) => this.api.call<unknown>("POST", `/rooms/${id(room)}/clear`);
  uncoverRoom = (room: wire.Id) => this.api.call<unknown>("DELETE", `/rooms/${id(room)}/clear`);
  myRequests = (cursor: string | null) => this.api.call<wire.MyRequests>("GET", "/me/requests", { query: { cursor } });
  withdrawRequest = (request: wire.Id) => this.api.call<unknown>("DELETE", `/me/requests/${id(request)}`);
  seeRequests = (body: wire.RequestsSeen) => this.api.call<unknown>("POST", "/me/requests/seen", { body });
  askRemoval = (room: wire.Id, body: wire.AskRemoval) =>
    this.api.call<wire.RemovalRequested>("POST", `/rooms/${id(room)}/removal-requests`, { body });
  answerRemoval = (room: wire.Id, request: wire.Id, body: wire.AnswerRemoval) =>
    this.api.call<wire.RemovalRequested>("PATCH", `/rooms/${id(room)}/removal-requests/${id(request)}`, { body });
  suggestMembers = (room: wire.Id, body: wire.SuggestMembers) =>
    this.api.call<wire.MembersSuggested>("POST", `/rooms/${id(room)}/member-suggestions`, { body });
  answerSuggestion = (room: wire.Id, suggestion: wire.Id, body: wire.AnswerSuggestion) =>
    this.api.call<wire.MembersSuggested>("PATCH", `/rooms/${id(room)}/member-suggestions/${id(suggestion)}`, { body });

  // --- messages ------------------------------------------------------------------------------------------------
  messages = (room: wire.Id, query: wire.MessagesQuery) =>
    this.api.call<wire.Messages>("GET", `/rooms/${id(room)}/messages`, { query: { ...query } });
  postMessage = (room: wire.Id, body: wire.PostMessage) =>
    this.api.call<wire.Posted>("POST", `/rooms/${id(room)}/messages`, { body });
  writeTo = (person: wire.Id, body: wire.WriteTo) =>
    this.api.call<wire.Written>("POST", `/people/${id(person)}/messages`, { body });
  editMessage = (room: wire.Id, n: number, body: wire.EditMessage) =>
    this.api.call<wire.Posted>("PATCH", `/rooms/${id(room)}/messages/${n}`, { body });
  retractMessage = (room: wire.Id, n: number, txn_id: string, reason: string) =>
    this.api.call<wire.Posted>("DELETE", `/rooms/${id(room)}/messages/${n}`, {
      query: { txn_id, reason: reason === "" ? null : reason },
    });
  react = (room: wire.Id, n: number, emoji: string, on: boolean, txn_id: string) =>
    this.api.call<unknown>(on ? "PUT" : "DELETE", `/rooms/${id(room)}/messages/${n}/reactions/${id(emoji)}`, {
      query: { txn_id },
    });
  history = (room: wire.Id, n: number, cursor: wire.Cursor | null = null) =>
    this.api.call<wire.History>("GET", `/rooms/${id(room)}/messages/${n}/history`, { query: { cursor } });
  readers = (room: wire.Id, n: number, cursor: string | null) =>
    this.api.call<wire.Readers>("GET", `/rooms/${id(room)}/messages/${n}/readers`, { query: { cursor } });
  receipt = (room: wire.Id, body: wire.ReceiptUpto) =>
    this.api.call<unknown>("POST", `/rooms/${id(room)}/receipts`, { body });
  markUnread = (room: wire.Id, body: wire.MarkUnread) =>
    this.api.call<unknown>("POST", `/rooms/${id(room)}/unread`, { body });
  endUnreadMark = (room: wire.Id) => this.api.call<unknown>("DELETE", `/rooms/${id(room)}/unread`);

  // --- uploads -------------------------------------------------------------------------------------------------
  upload = (upload: wire.Id) => this.api.call<wire.UploadView>("GET", `/uploads/${id(upload)}`);
  deleteUpload = (upload: wire.Id) =>
    this.api.call<unknown>("DELETE", `/uploads/${id(upload)}`, { headers: { "Tus-Resumable": "1.0.0" } });

  // --- files ---------------------------------------------------------------------------------------------------
  roomFiles = (room: wire.Id, query: wire.RoomFilesQuery) =>
    this.api.call<wire.RoomFiles>("GET", `/rooms/${id(room)}/files`, { query: { ...query } });
  /** The bytes of a file or of a variant of one, at most `most`. */
  fileBytes = (file: wire.Id, most: number, signal: AbortSignal) => this.api.bytes(`/files/${id(file)}`, most, signal);

  // --- search --------------------------------------------------------------------------------------------------
  search = (query: wire.SearchQuery, signal: AbortSignal) =>
    this.api.call<wire.Found>("GET", "/search", { query: { ...query }, signal });

  // --- feed ----------------------------------------------------------------------------------------------------
  sync = (since: wire.Cursor | null, limit: number, cursor: wire.Cursor | null = null) =>
    this.api.call<wire.Sync>("GET", "/sync", { query: { since, limit, cursor }, probe: true });
}
