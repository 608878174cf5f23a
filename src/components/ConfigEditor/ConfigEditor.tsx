import { type EditorProps } from './props';

export default function ConfigEditor(_: EditorProps) {
  return null;
}
