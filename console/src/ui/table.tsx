// Tables that can be sorted, filtered and paged; on a narrow screen every row becomes a card.
import {
  createTable,
  getCoreRowModel,
  getFilteredRowModel,
  getPaginationRowModel,
  getSortedRowModel,
  type ColumnDef,
  type RowData,
  type TableOptionsResolved,
  type TableState,
} from '@tanstack/table-core';
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { number } from './words';

export interface Column<T> {
  name: string;
  value: (row: T) => string | number | undefined;
  cell?: (row: T) => ComponentChildren;
  figures?: boolean; // right-aligned
}

function useTable<T extends RowData>(options: Omit<TableOptionsResolved<T>, 'state' | 'onStateChange' | 'renderFallbackValue'>) {
  const [table] = useState(() => createTable<T>({ state: {}, onStateChange: () => {}, renderFallbackValue: null, ...options }));
  const [state, setState] = useState<TableState>(() => ({ ...table.initialState, pagination: { pageIndex: 0, pageSize: 25 } }));
  table.setOptions((before) => ({ ...before, ...options, state, onStateChange: setState as never }));
  return table;
}

export function Table<T>({ label, columns, rows, empty, filter = true, dense }: { label: string; columns: Column<T>[]; rows: T[]; empty?: ComponentChildren; filter?: boolean; dense?: boolean }) {
  const defs = useMemo<ColumnDef<T>[]>(
    () => columns.map((c, i) => ({ id: `c${i}`, accessorFn: c.value, sortUndefined: 'last', sortDescFirst: !!c.figures })),
    [columns.map((c) => c.name).join()],
  );
  const table = useTable<T>({
    data: rows, columns: defs, getCoreRowModel: getCoreRowModel(), getSortedRowModel: getSortedRowModel(), getFilteredRowModel: getFilteredRowModel(),
    getPaginationRowModel: getPaginationRowModel(), globalFilterFn: 'includesString', autoResetPageIndex: false, getColumnCanGlobalFilter: () => true,
  });
  if (!rows.length && empty) return <>{empty}</>;
  const { pageIndex, pageSize } = table.getState().pagination;
  const found = table.getFilteredRowModel().rows.length;
  const shown = table.getRowModel().rows;
  return (
    <div class={dense ? 'table dense' : 'table'}>
      {filter && rows.length > 5 && (
        <div class="table-tools">
          <input type="search" placeholder="Filter" aria-label={`Filter ${label}`} value={(table.getState().globalFilter as string) ?? ''}
            onInput={(e) => { table.setGlobalFilter(e.currentTarget.value); table.setPageIndex(0); }} />
          <span class="count" role="status">{found === rows.length ? number(found) : `${number(found)} of ${number(rows.length)}`}</span>
        </div>
      )}
      <table role="table" aria-label={label}>
        <thead role="rowgroup">
          {table.getHeaderGroups().map((g) => (
            <tr key={g.id} role="row">
              {g.headers.map((h, i) => {
                const sorted = h.column.getIsSorted();
                return (
                  <th key={h.id} role="columnheader" scope="col" class={columns[i].figures ? 'figures' : ''} aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}>
                    {columns[i].name && <button type="button" onClick={() => h.column.toggleSorting()}>{columns[i].name}<span aria-hidden="true" class="arrow">{sorted === 'asc' ? '▲' : sorted === 'desc' ? '▼' : ''}</span></button>}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody role="rowgroup">
          {shown.map((r) => (
            <tr key={r.id} role="row">
              {columns.map((c) => (
                <td key={c.name} role="cell" data-label={c.name} class={c.figures ? 'figures' : ''}><div class="cell">{c.cell ? c.cell(r.original) : (c.value(r.original) ?? '–')}</div></td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {found > pageSize && (
        <div class="pager">
          <button type="button" disabled={!table.getCanPreviousPage()} onClick={() => table.previousPage()}>Previous</button>
          <span>{number(pageIndex * pageSize + 1)}–{number(Math.min(found, (pageIndex + 1) * pageSize))} of {number(found)}</span>
          <button type="button" disabled={!table.getCanNextPage()} onClick={() => table.nextPage()}>Next</button>
        </div>
      )}
    </div>
  );
}
