import type { ReactElement } from "react";
import { usePlace } from "../../lib/location";
import { usePagedRows } from "../../lib/paged_rows";
import { text } from "../../lib/text";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { CsvExport } from "../../ui/csv_export";
import { AsOf, Vouched } from "../../ui/stale";
import { VirtualList } from "../../ui/virtual_list";
import { conversationList, conversationsToExport } from "./api";
import { conversationColumns } from "./columns";
import { isFiltered } from "./filter";
import type { Filter } from "./filter";
import classes from "./list.module.css";
import { NoConversations } from "./none";
import { ConversationRow } from "./row";

const ROW_HEIGHT = 60;

/** All conversations that the filter lets through, the latest first. */
export function ConversationList({ filter }: { filter: Filter }): ReactElement {
  const { total, error, retry, rowAt, onWindow } = usePagedRows(conversationList(filter));
  const { open } = usePlace();
  if (error !== null) return <FailedFace error={error} retry={retry} />;
  if (total === undefined) return <LoadingFace rows={10} />;
  if (total === 0) return isFiltered(filter) ? <NothingFound /> : <NoConversations leads />;
  const row = (index: number): ReactElement => {
    const conversation = rowAt(index);
    if (conversation === undefined) return <span className={classes.pending} aria-hidden="true" />;
    return <ConversationRow conversation={conversation} current={conversation.id === open} />;
  };
  return (
    <>
      <div className={classes.count}>
        <p aria-live="polite">
          <Vouched>{text.conversations.count(total)}</Vouched>
        </p>
        <AsOf />
        <CsvExport
          label={text.csv.labelConversations}
          words={[text.csv.conversations]}
          columns={conversationColumns}
          source={conversationsToExport(filter)}
        />
      </div>
      <VirtualList
        label={text.conversations.list}
        count={total}
        rowHeight={ROW_HEIGHT}
        idAt={(index) => rowAt(index)?.id}
        row={row}
        onWindow={onWindow}
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
