// Bootstrap as it comes: its carousel, its modal with a focus trap, its reset of every element.
import "bootstrap/dist/css/bootstrap.css";
import "bootstrap";
