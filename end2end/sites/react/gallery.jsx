// Pictures that come after a request, in links of the router, and are drawn anew at each second.
import { useEffect, useState } from "react";
import { Link } from "react-router";

export default function Gallery({ seconds }) {
  const [pictures, setPictures] = useState([]);
  useEffect(() => {
    let isThere = true;
    const show = (list) => isThere && setPictures(list);
    fetch("/pictures.json").then((answer) => answer.json()).then(show);
    return () => {
      isThere = false;
    };
  }, []);
  return (
    <main>
      {pictures.map(({ name, src, alt }) => (
        <figure key={name}>
          <Link to={`/one/${name}`}>
            <img src={src} alt={alt} width="420" data-seconds={seconds} />
          </Link>
          <Likes />
        </figure>
      ))}
    </main>
  );
}

function Likes() {
  const [count, setCount] = useState(0);
  return <button onClick={() => setCount(count + 1)}>Likes: {count}</button>;
}
