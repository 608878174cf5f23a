// Jest setup provided by Grafana scaffolding
import './.config/jest-setup';

// Comboboxes measure their texts; jsdom can't.
HTMLCanvasElement.prototype.getContext = () => ({ measureText: () => ({ width: 0 }) });
