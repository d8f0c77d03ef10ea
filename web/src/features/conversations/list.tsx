import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import type { Narrowed } from "../../lib/all_rows";
import { usePlace } from "../../lib/location";
import { useMay } from "../../lib/me";
import { usePagedRows } from "../../lib/paged_rows";
import type { PagedRows } from "../../lib/paged_rows";
import { text } from "../../lib/text";
import type { Conversation } from "../../lib/types";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { CsvExport } from "../../ui/csv_export";
import { AsOf, Vouched } from "../../ui/stale";
import { VirtualList } from "../../ui/virtual_list";
import { conversationList, conversationsSince, conversationsToExport, placeInList } from "./api";
import { conversationColumns } from "./columns";
import { filterQuery, isFiltered } from "./filter";
import type { Filter } from "./filter";
import classes from "./list.module.css";
import { NoConversations } from "./none";
import { ConversationRow } from "./row";
import { latestCall, useUnread } from "./unread";
import type { Unread } from "./unread";

const ROW_HEIGHT = 60;

type ListProps = { filter: Filter; /** The conversation that is to be in sight at first. */ from: string | null };

/** The conversations that the filter lets through, the latest first. */
export function ConversationList(props: ListProps): ReactElement {
  const List = props.filter.unread === null ? AllRows : UnreadRows;
  return <List {...props} />;
}

function AllRows({ filter, from }: ListProps): ReactElement {
  const { data: start = null } = useQuery(placeInList(from, filter));
  const rows = usePagedRows(conversationList(filter));
  const empty = isFiltered(filter) ? <NothingFound /> : <NoConversations leads />;
  return <Rows rows={rows} unread={useUnread()} empty={empty} source={conversationsToExport(filter)} start={start} />;
}

/** Those that are unread, of the latest; and the one that is open, which just was. */
function UnreadRows({ filter }: Pick<ListProps, "filter">): ReactElement {
  const unread = useUnread();
  const { open } = usePlace();
  const { data, error, refetch } = useQuery(conversationsSince(filter, unread.since));
  const found = data?.conversations.filter((each) => each.id === open || unread.isUnread(each.id, latestCall(each))) ?? [];
  const rows: PagedRows<Conversation> = {
    total: data && found.length,
    error: data === undefined ? error : null,
    retry: () => void refetch(),
    rowAt: (index) => found[index],
    onWindow: () => undefined,
  };
  const source = { filter: { ...filterQuery(filter), unread: "true" }, page: () => Promise.resolve({ rows: found, total: found.length, next: null }), idOf: ({ id }: Conversation) => id };
  return <Rows rows={rows} unread={unread} empty={<NothingUnread />} source={source} />;
}

type RowsProps = { rows: PagedRows<Conversation>; unread: Unread; empty: ReactNode; source: Narrowed<Conversation>; start?: number | null };

function Rows({ rows: { total, error, retry, rowAt, onWindow }, unread, empty, source, start = null }: RowsProps): ReactElement {
  const { open } = usePlace();
  const mayExport = useMay("calls.export");
  if (error !== null) return <FailedFace error={error} retry={retry} />;
  if (total === undefined) return <LoadingFace rows={10} />;
  if (total === 0) return <>{empty}</>;
  const row = (index: number): ReactElement => {
    const conversation = rowAt(index);
    if (conversation === undefined) return <span className={classes.pending} aria-hidden="true" />;
    const isUnread = unread.isUnread(conversation.id, latestCall(conversation));
    return <ConversationRow conversation={conversation} current={conversation.id === open} unread={isUnread} />;
  };
  return (
    <>
      <div className={classes.count}>
        <p aria-live="polite">
          <Vouched>{text.conversations.count(total)}</Vouched>
        </p>
        <AsOf onLine />
        {unread.count > 0 && (
          <button type="button" className={classes.readAll} onClick={unread.readAll}>
            {text.unread.readAll}
          </button>
        )}
        {mayExport && <CsvExport kind="conversations" label={text.csv.labelConversations} words={[text.csv.conversations]} columns={conversationColumns} source={source} />}
      </div>
      <VirtualList
        label={text.conversations.list}
        count={total}
        rowHeight={ROW_HEIGHT}
        idAt={(index) => rowAt(index)?.id}
        row={row}
        onWindow={onWindow}
        open={open}
        start={start}
      />
    </>
  );
}

function NothingFound(): ReactElement {
  return (
    <EmptyFace title={text.conversations.notFound}>
      <p>{text.conversations.notFoundBody}</p>
    </EmptyFace>
  );
}

function NothingUnread(): ReactElement {
  return (
    <EmptyFace title={text.unread.none}>
      <p>{text.unread.noneBody}</p>
    </EmptyFace>
  );
}
