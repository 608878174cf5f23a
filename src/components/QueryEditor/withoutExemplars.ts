import { PromQueryBuilderOptions } from '@grafana/prometheus';
import { type ComponentProps, type ReactNode } from 'react';

type Props = ComponentProps<typeof PromQueryBuilderOptions>;
type Render = (props: Props) => ReactNode;

/**
 * Takes the exemplar switch out of the query options: AMP has no exemplars. The library's options know how to hide it,
 * but its editor offers no way to say so. The library is bundled with this plugin, so nobody else's editor changes.
 */
export function withoutExemplars(): void {
  const memo = PromQueryBuilderOptions as unknown as { type: Render };
  const all = memo.type;
  memo.type = (props: Props) => all({ ...props, uiOptions: { ...props.uiOptions, exemplars: false } });
}
