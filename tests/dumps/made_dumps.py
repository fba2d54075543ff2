"""The same tokens written as each format of a dump, by the libraries whose formats they are."""

import csv
import io
import json
import tarfile

import numpy as np
import pytest


def write_npy(folder, rows):
    np.save(folder / "t.npy", rows)
    return folder / "t.npy"


def write_npz(folder, rows):
    np.savez_compressed(folder / "t.npz", tokens=rows)
    return folder / "t.npz"


def write_npy_folder(folder, rows):
    (folder / "npy").mkdir()
    for number, row in enumerate(rows):
        np.save(folder / "npy" / f"{number}.npy", row)
    return folder / "npy"


def write_jsonl(folder, rows):
    lines = (json.dumps({"id": n, "tokens": row.tolist()}) for n, row in enumerate(rows))
    (folder / "t.jsonl").write_text("\n".join(lines))
    return folder / "t.jsonl"


def write_csv(folder, rows):
    np.savetxt(folder / "t.csv", rows, fmt="%d", delimiter=",")
    return folder / "t.csv"


def write_csv_of_lists(folder, rows):
    with (folder / "t.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["", "name", "tokens"])
        table.writerows([n, f"row {n}", row.tolist()] for n, row in enumerate(rows))
    return folder / "t.csv"


def write_pt(folder, rows):
    torch = pytest.importorskip("torch")
    torch.save({"tokens": torch.from_numpy(rows), "labels": torch.zeros(3)}, folder / "t.pt")
    return folder / "t.pt"


def write_pt_list(folder, rows):
    torch = pytest.importorskip("torch")
    torch.save([torch.from_numpy(row.copy()) for row in rows], folder / "t.pt")
    return folder / "t.pt"


def table_of(rows):
    pa = pytest.importorskip("pyarrow")
    return pa.table({"id": range(len(rows)), "tokens": pa.array(list(rows), pa.list_(pa.from_numpy_dtype(rows.dtype)))})


def write_parquet(folder, rows):
    table = table_of(rows)
    import pyarrow.parquet as pq

    pq.write_table(table, folder / "t.parquet", row_group_size=17)
    return folder / "t.parquet"


def write_arrow(folder, rows):
    table = table_of(rows)
    import pyarrow as pa

    with pa.OSFile(str(folder / "t.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=13)
    return folder / "t.arrow"


def write_data_set(folder, rows):
    datasets = pytest.importorskip("datasets")
    of = datasets.Dataset.from_dict({"tokens": list(rows), "label": [0] * len(rows)})
    of.save_to_disk(str(folder / "set"), num_shards=3)
    return folder / "set"


def write_hdf5(folder, rows):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "t.h5", "w") as file:
        file.create_dataset("a/tokens", data=rows, chunks=(min(7, len(rows)), rows.shape[1]), compression="gzip")
        file.create_dataset("a/labels", data=np.zeros(3, int))
    return folder / "t.h5"


def write_hdf5_of_rows(folder, rows):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "t.h5", "w") as file:
        file.create_dataset("tokens", (len(rows),), h5py.vlen_dtype(rows.dtype))[:] = list(rows)
    return folder / "t.h5"


def npy_bytes(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def add_member(tar, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def write_webdataset(folder, rows):
    with tarfile.open(folder / "t.tar", "w") as tar:
        for number, row in enumerate(rows):
            add_member(tar, f"some/{number:06}.cls", b"3")
            add_member(tar, f"some/{number:06}.tokens.npy", npy_bytes(row))
    return folder / "t.tar"


def write_webdataset_of_json(folder, rows):
    with tarfile.open(folder / "t.tar.gz", "w:gz") as tar:
        for number, row in enumerate(rows):
            add_member(tar, f"{number:06}.json", json.dumps({"codes": row.tolist(), "id": number}).encode())
    return folder / "t.tar.gz"


def write_address(folder, rows):
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://dumps/t.npy", "wb") as file:
        file.write(npy_bytes(rows))
    return "memory://dumps/t.npy"


WRITERS = {
    "npy": write_npy,
    "npz": write_npz,
    "folder of npy": write_npy_folder,
    "jsonl": write_jsonl,
    "csv": write_csv,
    "csv of lists": write_csv_of_lists,
    "pt": write_pt,
    "pt of a list": write_pt_list,
    "parquet": write_parquet,
    "arrow": write_arrow,
    "data set folder": write_data_set,
    "hdf5": write_hdf5,
    "hdf5 of rows": write_hdf5_of_rows,
    "webdataset": write_webdataset,
    "webdataset of json": write_webdataset_of_json,
    "address": write_address,
}
