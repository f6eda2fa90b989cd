// A single-page application: routes, pages that are loaded when they are gone to, state that changes above the pictures, all
// in StrictMode.
import { lazy, StrictMode, Suspense, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Link, Route, Routes } from "react-router";

import "./look.css";

const Gallery = lazy(() => import("./gallery.jsx"));

function App() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <nav>
        <Link to="/">Home</Link> <Link to="/gallery">Gallery</Link>
      </nav>
      <Suspense fallback={<p>Loading…</p>}>
        <Routes>
          <Route path="/" element={<h1>Birds</h1>} />
          <Route path="/gallery" element={<Gallery seconds={seconds} />} />
          <Route path="/one/:name" element={<h1>One of them</h1>} />
        </Routes>
      </Suspense>
    </>
  );
}

createRoot(document.querySelector("#root")).render(
  <StrictMode>
    <BrowserRouter basename="/react">
      <App />
    </BrowserRouter>
  </StrictMode>,
);
