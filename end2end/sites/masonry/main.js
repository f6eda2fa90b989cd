// Five hundred pictures, placed by Masonry once they are loaded.
import imagesLoaded from "imagesloaded";
import Masonry from "masonry-layout";

import "./look.css";

const wall = document.querySelector("#wall");
wall.append(
  ...Array.from({ length: 500 }, (_, index) => {
    const picture = Object.assign(new Image(), { src: index % 2 ? "/nuthatch.png" : "/forest-stream.webp", alt: `Number ${index}` });
    picture.className = "brick";
    picture.style.height = `${140 + ((index * 37) % 160)}px`;
    return picture;
  }),
);
const masonry = new Masonry(wall, { itemSelector: ".brick", columnWidth: 200, gutter: 8, transitionDuration: 0 });
imagesLoaded(wall, () => {
  masonry.layout();
  wall.dataset.isLaidOut = "";
});
