// @ts-check
// Which files an input offers for each kind of medium. Pure.

// What a file dialogue offers: browsers know some endings by no media type, and grey such files out.
const OFFERED = {
  image: "image/*,.heic,.heif,.avif,.tif,.tiff,.ppm,.pgm,.pbm",
  audio: "audio/*,.caf,.w64,.au,.amr,.opus,.mka",
  video: "video/*,.mkv,.y4m,.flv,.gif,.webp,.apng",
  series: ".csv,.tsv,.txt,.npy",
  vectors: ".csv,.tsv,.txt,.npy",
  graph: ".tsv,.csv,.txt,.edgelist,.edges",
};

/** The `accept` of an input for files of a modality; of all where it is none of them. Pure. */
export function acceptFiles(modality) {
  return OFFERED[modality] ?? Object.values(OFFERED).join(",");
}
