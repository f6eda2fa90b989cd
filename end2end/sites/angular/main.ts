// Angular with zone.js, which puts itself between a page and every listener, timer and promise, and a component in a shadow root
// of its own.
import "zone.js";
import "@angular/compiler";
import { Component, provideZoneChangeDetection, ViewEncapsulation } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";

interface Picture {
  name: string;
  src: string;
  alt: string;
}

@Component({
  selector: "bird-root",
  encapsulation: ViewEncapsulation.ShadowDom,
  styles: ["img { display: block; object-fit: cover; filter: contrast(1.1) } figure { margin: 0 }"],
  template: `
    <h1>Birds</h1>
    @for (picture of pictures; track picture.name) {
      <figure (click)="chosen = picture.name"><img [src]="picture.src" [alt]="picture.alt" width="420" height="320" /></figure>
    } @empty {
      <p>Loading</p>
    }
    <output>Chosen: {{ chosen }}</output>
  `,
})
class Birds {
  pictures: Picture[] = [];
  chosen = "none";

  // Not awaited: zone.js does not see what the language itself waits for.
  ngOnInit(): void {
    fetch("/pictures.json").then((answer) => answer.json()).then((pictures) => (this.pictures = pictures));
  }
}

bootstrapApplication(Birds, { providers: [provideZoneChangeDetection()] }).catch(console.error);
