export const packed = 1;
