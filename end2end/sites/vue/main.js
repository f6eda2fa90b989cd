// Vue's custom elements: components in open shadow roots, one in the other, with pictures that come, change and go.
import { defineCustomElement, h, onMounted, ref } from "vue";

const styles = ["figure { margin: 0; transform: translateX(20px) } img { border: 6px solid #396; border-radius: 24px } * { letter-spacing: 2px }"];

const BirdPicture = defineCustomElement({
  props: { src: String, alt: String },
  styles,
  setup: (props) => () => h("figure", [h("img", { src: props.src, alt: props.alt, width: 420, height: 320, style: { objectFit: "cover" } })]),
});

const BirdGallery = defineCustomElement({
  styles,
  setup() {
    const pictures = ref([]);
    const shown = ref(0);
    onMounted(async () => (pictures.value = await (await fetch("/pictures.json")).json()));
    return () => {
      const picture = pictures.value[shown.value];
      const next = () => (shown.value = (shown.value + 1) % pictures.value.length);
      return picture ? [h("bird-picture", { src: picture.src, alt: picture.alt }), h("button", { onClick: next }, "Next")] : h("p", "Loading");
    };
  },
});

customElements.define("bird-picture", BirdPicture);
customElements.define("bird-gallery", BirdGallery);
