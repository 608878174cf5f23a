declare module 'prismjs';
