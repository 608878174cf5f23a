// Jest setup provided by Grafana scaffolding
import './.config/jest-setup';

// Comboboxes measure their texts; jsdom can't.
HTMLCanvasElement.prototype.getContext = () => ({ measureText: () => ({ width: 0 }) });

// Open lists watch whether they are scrolled to their end; in jsdom nothing scrolls.
global.IntersectionObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
